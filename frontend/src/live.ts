/**
 * The live client: reads /live?since=<cursor> for as long as the page is open, and never misses an event: after a break it
 * goes on from the last id it saw.
 *
 * For pages: `live:<topic>` and `live:<slice>` on document.body, so hx-trigger="live:orders from:body" refreshes an element,
 * and `live:<kind>:<id>` for what happens to one thing;
 * [data-progress="<run id>"] moves by itself; topic `toast` shows a message.
 *
 * fetch rather than EventSource, because EventSource hides the heartbeat comments and so cannot tell quiet from dead.
 */
import { all, first, meta } from "./dom";
import { backOff, Coalescer, namesOf, type Change } from "./live/coalesce";
import { Gate } from "./live/gate";
import { StreamParser, type Message } from "./live/parse";
import { hasUnsaved } from "./shell/forms";
import { fill, locale, text } from "./texts";
import { toast, type Tone } from "./toast";

type State = "connecting" | "live" | "reconnecting";
const SILENCE_MS = 40_000;
const SETTLED_MS = 30_000;
/** From the answer to an element that hears again: htmx settles what it swapped after 20 ms. */
const SWAP_MS = 60;

interface Refresh {
  xhr: XMLHttpRequest;
  requestConfig: { triggeringEvent?: Event };
}

interface Progress {
  run: string;
  done: number;
  total: number;
  text?: string | null;
}

class LiveClient {
  #cursor: string;
  #failures = 0;
  #stop = new AbortController();
  #wake: (() => void) | null = null;
  readonly #gate = new Gate<Change>((name, change) => {
    document.body.dispatchEvent(new CustomEvent(`live:${name}`, { detail: change, bubbles: false }));
  });
  readonly #changes = new Coalescer<Change>((name, change) => this.#gate.pass(name, change));

  constructor(cursor: string) {
    this.#cursor = cursor;
    document.body.addEventListener("htmx:beforeSend", (event) => {
      const { xhr, requestConfig } = (event as CustomEvent<Refresh>).detail;
      if (requestConfig.triggeringEvent?.type.startsWith("live:")) this.#gate.begin(xhr);
    });
    document.body.addEventListener("htmx:afterRequest", (event) => {
      const { xhr } = (event as CustomEvent<Refresh>).detail;
      window.setTimeout(() => this.#gate.end(xhr), SWAP_MS);
    });
    // What is replaced between pressing and letting go is not clicked.
    document.addEventListener("pointerdown", () => this.#gate.begin("pointer"), true);
    for (const end of ["pointerup", "pointercancel", "dragend"])
      document.addEventListener(end, () => window.setTimeout(() => this.#gate.end("pointer"), SWAP_MS), true);
    // What a question is asked about has to be there when it is answered.
    document.addEventListener("entrepot:asking", () => this.#gate.begin("question"));
    document.addEventListener("entrepot:answered", () => this.#gate.end("question"));
  }

  async run(): Promise<void> {
    for (;;) {
      const began = performance.now();
      const opened = await this.#read();
      // The hub ends every stream after a while to check the session again; that is no break.
      if (opened && performance.now() - began > SETTLED_MS && navigator.onLine) continue;
      this.#failures = opened ? 1 : this.#failures + 1;
      await this.#pause(backOff(this.#failures));
    }
  }

  /** Ends the wait for the next attempt, or checks a connection that may be dead without knowing. */
  wake(): void {
    this.#wake?.();
  }

  drop(): void {
    this.#stop.abort();
  }

  /** Reads until the connection ends; says whether it ever stood. */
  async #read(): Promise<boolean> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    let watchdog = 0;
    const alive = (): void => {
      window.clearTimeout(watchdog);
      watchdog = window.setTimeout(() => this.#stop.abort(), SILENCE_MS);
    };
    alive();
    let opened = false;
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      const response = await fetch(`/live?since=${encodeURIComponent(this.#cursor)}`, { headers, signal, cache: "no-store" });
      if (response.status === 401 || response.status === 403 || response.redirected) {
        // Signed out elsewhere: the next click will say so; asking again every 15 s would not.
        this.#failures = 4;
        return false;
      }
      if (!response.ok || !response.body) return false;
      opened = true;
      this.#show("live");
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const parser = new StreamParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return opened;
        alive();
        for (const message of parser.feed(decoder.decode(value, { stream: true }))) this.#take(message);
      }
    } catch {
      return opened;
    } finally {
      window.clearTimeout(watchdog);
    }
  }

  #take(message: Message): void {
    let data: unknown;
    try {
      data = JSON.parse(message.data);
    } catch {
      return;
    } finally {
      if (message.id) this.#cursor = message.id;
    }
    if (message.event === "reload") startOver();
    else if (message.event === "progress") showProgress(progressOf(data as Progress | Change));
    else if (message.event === "change") {
      const change = data as Change;
      if (change.topic === "toast") {
        toast(String(change.data["text"] ?? ""), (change.data["tone"] as Tone | undefined) ?? "info");
        return;
      }
      for (const name of namesOf(change.topic, change.subject)) this.#changes.push(name, change);
    }
  }

  async #pause(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 1) {
      this.#show("reconnecting", left);
      const woken = await new Promise<boolean>((resolve) => {
        const timer = window.setTimeout(() => resolve(false), 1000);
        this.#wake = () => {
          window.clearTimeout(timer);
          resolve(true);
        };
      });
      this.#wake = null;
      if (woken) break;
    }
    this.#show("connecting");
  }

  #show(state: State, seconds = 0): void {
    const words = state === "reconnecting" ? text("reconnecting", { seconds }) : text(state);
    for (const place of all("[data-live]")) {
      const changed = place.dataset["live"] !== state;
      place.dataset["live"] = state;
      place.title = words;
      const label = first("[data-live-text]", place);
      // Counting down aloud would drown everything else a screen reader has to say.
      if (label) {
        label.textContent = words;
        place.setAttribute("aria-live", changed ? "polite" : "off");
      }
    }
  }
}

/** Progress comes bare, or as the change of a run: its id is then the subject's. */
function progressOf(message: Progress | Change): Progress {
  if (!("subject" in message)) return message;
  const data = message.data as unknown as Progress;
  return { ...data, run: data.run ?? message.subject.slice(message.subject.indexOf(":") + 1) };
}

/** Too much was missed to tell it one by one: show the page anew, unless that would cost the reader something. */
function startOver(): void {
  if (document.querySelector("dialog[open]") || hasUnsaved()) toast(text("stale"), "warning");
  else window.location.reload();
}

function showProgress(progress: Progress): void {
  for (const row of all(`[data-progress="${CSS.escape(progress.run)}"]`)) {
    const bar = first<HTMLProgressElement>("progress", row);
    if (bar && progress.total > 0) {
      bar.max = progress.total;
      bar.value = progress.done;
    }
    const format = (n: number): string => n.toLocaleString(locale);
    const count = first("[data-progress-count]", row);
    if (count && progress.total > 0) count.textContent = fill(text("of"), { done: format(progress.done), total: format(progress.total) });
    const label = first("[data-progress-text]", row);
    // null: there are words, but in the reader's language only, which the page brings.
    if (label && progress.text != null) label.textContent = progress.text;
    if (progress.total > 0 && progress.done >= progress.total) row.dispatchEvent(new CustomEvent("progress-done", { bubbles: true }));
  }
}

export function startLive(): void {
  const cursor = meta("live-cursor");
  if (cursor === null) return;
  const client = new LiveClient(cursor);
  window.addEventListener("online", () => client.wake());
  window.addEventListener("offline", () => client.drop());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) client.wake();
  });
  // A page in the back-forward cache must not keep its connection, and must catch up when it is shown again.
  window.addEventListener("pagehide", () => client.drop());
  window.addEventListener("pageshow", () => client.wake());
  void client.run();
}
