/**
 * Tells a scanner from a person: a keyboard-wedge scanner types a code faster than any hand and ends it with Enter.
 * Pure: times come in with the keys, so that it can be tested.
 */
export interface ScannerOptions {
  /** Longest time between two keys of one scan. Slow Bluetooth scanners need about 50 ms. */
  gapMs: number;
  /** Shortest code; shorter bursts are keys pressed by a person. */
  minLength: number;
  /** The same code again within this time is the same pull of the trigger. */
  repeatMs: number;
}

export const DEFAULTS: ScannerOptions = { gapMs: 80, minLength: 3, repeatMs: 700 };

export class ScannerDetector {
  #keys = "";
  #last = 0;
  #lastCode = "";
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: ScannerOptions = DEFAULTS) {}

  /** Whether the keys so far came too fast for a hand. */
  get inBurst(): boolean {
    return this.#keys.length >= this.options.minLength;
  }

  /** Takes one key; returns a code when it completes one, "repeat" for a code already taken, else null. */
  key(key: string, at: number): { code: string; repeat: boolean } | null {
    if (at - this.#last > this.options.gapMs) this.#keys = "";
    this.#last = at;
    if (key === "Enter" || key === "Tab") {
      const code = this.#keys.trim();
      this.#keys = "";
      if (code.length < this.options.minLength) return null;
      return { code, repeat: this.isRepeat(code, at) };
    }
    if (key.length === 1) this.#keys += key;
    return null;
  }

  /** Remembers *code* and says whether it was sent a moment ago. */
  isRepeat(code: string, at: number): boolean {
    const repeat = code === this.#lastCode && at - this.#lastAt < this.options.repeatMs;
    this.#lastCode = code;
    this.#lastAt = at;
    return repeat;
  }
}
