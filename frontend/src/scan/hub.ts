/** Talks to the hub: takes work along, and sends what was done, in order, until the hub has it. */
import { meta } from "../dom";
import { backOff } from "../live/coalesce";
import type { Act, Line, Work } from "./pick";
import * as store from "./store";

export type Net = "online" | "offline" | "signed_out" | "other_person" | "stuck";

export interface Told {
  client_id: string;
  outcome: "applied" | "noted" | "conflict";
  message: string;
}

interface Taken {
  items: Told[];
  status: string;
  taken_by: string;
  lines: Line[];
  now: string;
}

export interface Refusal {
  status: number;
  detail: string;
  type: string;
  name: string;
}

const AT_ONCE = 100;
const PATIENCE_MS = 15_000;
const API = "/api/v1/scan-sessions";

/** The hub said no; anything else that is thrown means that it was not reached. */
export class Refused extends Error {
  constructor(readonly why: Refusal) {
    super(why.detail);
  }
}

/** The token that the hub expects back: of the cookie, because a page that was kept may hold an old one. */
function token(): string {
  return /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? meta("csrf-token") ?? "";
}

export async function call<T>(path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) Object.assign(headers, { "content-type": "application/json", "x-csrftoken": token() });
  const answer = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers,
    cache: "no-store",
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as Partial<Record<"detail" | "type" | "name", string>>;
  throw new Refused({ status: answer.status, detail: problem.detail ?? "", type: problem.type ?? "", name: problem.name ?? "" });
}

/** Takes work along: what *code* names, or the most urgent.  Null: there is nothing to pick. */
export function take(wish: { code?: string; mode?: string; take_over?: boolean }): Promise<Work | null> {
  return call<Work | null>(API, { ...wish, device_id: store.deviceId(), device_name: deviceName(), sent_at: new Date().toISOString() });
}

export function look(session: string): Promise<Work> {
  return call<Work>(`${API}/${session}`);
}

export function pause(list: string): Promise<unknown> {
  return call(`/api/v1/pick-lists/${list}/pause`, {});
}

function deviceName(): string {
  const agent = navigator.userAgent;
  const kind = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0] ?? "";
  const model = /Android [\d.]+; ([^;)]+)/.exec(agent)?.[1] ?? "";
  const browser = /Firefox|Edg|Chrome|Safari/.exec(agent)?.[0] ?? "";
  return [model || kind, browser.replace("Edg", "Edge")].filter(Boolean).join(", ").slice(0, 100);
}

/** Sends the queue of one person. */
export class Sender {
  net: Net = navigator.onLine ? "online" : "offline";
  /** Of the refusal that keeps the queue waiting. */
  why: Refusal | null = null;
  #running = false;
  #again = false;
  #failed = 0;
  #timer = 0;

  constructor(
    private readonly owner: string,
    /** Called whenever something changed; with what the hub answered, if it answered. */
    private readonly changed: (answer: { session: string; acts: Act[]; items: Told[] } | null) => Promise<void>,
  ) {
    // The first request after that may fail all the same: look again soon.
    const again = (): void => {
      this.#failed = 0;
      this.kick();
    };
    window.addEventListener("online", again);
    window.addEventListener("offline", () => this.#is("offline"));
    document.addEventListener("visibilitychange", () => document.hidden || again());
  }

  /** Sends as soon as it can; a failure is tried again by itself. */
  kick(): void {
    window.clearTimeout(this.#timer);
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    void this.#turn().finally(() => {
      this.#running = false;
      if (this.#again) {
        this.#again = false;
        this.kick();
      } else if (this.net !== "online") this.#later();
    });
  }

  #later(): void {
    this.#failed += 1;
    this.#timer = window.setTimeout(() => this.kick(), 1000 * backOff(this.#failed));
  }

  #is(net: Net): void {
    this.net = net;
    void this.changed(null);
  }

  async #turn(): Promise<void> {
    // Two tabs of one device share the queue: one sends at a time.
    if ("locks" in navigator) await navigator.locks.request("entrepot-scan-send", () => this.#send());
    else await this.#send();
  }

  async #send(): Promise<void> {
    try {
      for (let waiting = await store.queue(this.owner); waiting.length > 0; waiting = await store.queue(this.owner)) {
        const session = waiting[0]?.session ?? "";
        const acts = waiting.filter((one) => one.session === session).slice(0, AT_ONCE).map((one) => one.act);
        const taken = await call<Taken>(`${API}/${session}/acts`, { sent_at: new Date().toISOString(), acts });
        const counted = new Set(taken.items.filter((one) => one.outcome === "applied").map((one) => one.client_id));
        const { lines, status, taken_by } = taken;
        await store.settle(this.owner, session, acts, acts.filter((act) => counted.has(act.client_id)), { lines, status, taken_by });
        this.#fine();
        await this.changed({ session, acts, items: taken.items });
      }
      if (this.net !== "online") {
        await call("/healthz");
        this.#fine();
        await this.changed(null);
      }
    } catch (error) {
      this.why = error instanceof Refused ? error.why : null;
      this.#is(netOf(this.why));
    }
  }

  #fine(): void {
    this.net = "online";
    this.why = null;
    this.#failed = 0;
  }
}

/** What a refusal says about the way to the hub. */
export function netOf(why: Refusal | null): Net {
  if (!why || why.status >= 500 || why.status === 429) return "offline";
  if (why.type.endsWith("scans_of_another")) return "other_person";
  if (why.status === 401 || why.status === 403) return "signed_out";
  return "stuck";
}
