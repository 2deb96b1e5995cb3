/** At most one call per name and period: the first at once, the last of a burst when the period ends. */
export class Coalescer<T> {
  readonly #waiting = new Map<string, { value: T | undefined; timer: ReturnType<typeof setTimeout> }>();

  constructor(
    private readonly emit: (name: string, value: T) => void,
    private readonly periodMs = 300,
  ) {}

  push(name: string, value: T): void {
    const open = this.#waiting.get(name);
    if (open) {
      open.value = value;
      return;
    }
    this.#start(name);
    this.emit(name, value);
  }

  #start(name: string): void {
    const timer = setTimeout(() => {
      const value = this.#waiting.get(name)?.value;
      this.#waiting.delete(name);
      if (value === undefined) return;
      this.#start(name);
      this.emit(name, value);
    }, this.periodMs);
    this.#waiting.set(name, { value: undefined, timer });
  }
}

export interface Change {
  topic: string;
  subject: string;
  data: Record<string, unknown>;
}

/** The names an event goes by: its topic, the slice that recorded it, and what it is about. */
export function namesOf(topic: string, subject = ""): string[] {
  const slice = topic.split(".", 1)[0] ?? topic;
  return [...new Set([topic, slice, subject])].filter(Boolean);
}

/** Seconds to wait before the attempt after *failures* failed ones: 1, 2, 4, 8, 15, 15, ... */
export function backOff(failures: number): number {
  return Math.min(15, 2 ** Math.max(0, failures - 1));
}
