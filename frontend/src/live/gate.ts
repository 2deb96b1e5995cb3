/**
 * Holds changes back while elements are being brought up to date, and passes the last of each name on afterwards.
 *
 * An element that replaces itself hears nothing from its request to the end of the swap: htmx keeps what comes meanwhile for
 * the element that is about to go.  The change would be lost, and the page would show the state before it for good.
 */
export class Gate<T> {
  readonly #held = new Map<string, T>();
  readonly #open = new Set<unknown>();

  constructor(private readonly emit: (name: string, value: T) => void) {}

  pass(name: string, value: T): void {
    if (this.#open.size > 0) this.#held.set(name, value);
    else this.emit(name, value);
  }

  begin(request: unknown): void {
    this.#open.add(request);
  }

  end(request: unknown): void {
    if (!this.#open.delete(request) || this.#open.size > 0) return;
    const held = [...this.#held];
    this.#held.clear();
    // Passing one on may begin a request: the rest waits for that again.
    for (const [name, value] of held) this.pass(name, value);
  }
}
