/**
 * The scanning app: takes a list along, answers every scan by itself, and sends what was done when there is a network.
 *
 * The hub has the last word; what it cannot count goes to its review lane, and comes back here as a sentence.
 */
import "./scan";
import { on } from "./dom";
import { Camera, fallback, hasNativeReader } from "./scan/camera";
import { look, pause, Refused, Sender, take, type Told } from "./scan/hub";
import { type Act, amount, current, decide, ground, left, type Line, NOTHING, type Said, short, undo, type Verdict, type Work } from "./scan/pick";
import { signal } from "./scan/sound";
import * as store from "./scan/store";
import { announce, buttons, closeReasons, draw, part, say, showPicture } from "./scan/view";

const me = part("scanning").dataset["me"] ?? "";
const CLOCK_OFF_MS = 120_000;
const REFRESH_MS = 2_000;

let desk: store.Desk | null = null;
let queued: store.Queued[] = [];
let notes: store.Note[] = [];
let others = 0;
let lines: Line[] = [];
let wanted = 1;
let wantedFor = "";
let refused = "";
let tail: Promise<void> = Promise.resolve();

const sender = new Sender(me, heard);

/** One thing after the other: a scanner is quicker than a disk. */
function inTurn(work: () => Promise<void>): Promise<void> {
  tail = tail.then(work).catch((error: unknown) => {
    announce(error instanceof Refused ? error.message : say("not_kept"), "error");
    signal("error");
  });
  return tail;
}

function ownActs(): Act[] {
  return queued.filter((one) => one.session === desk?.work.session.id).map((one) => one.act);
}

function line(): Line | null {
  return desk && !desk.finished ? current(lines, desk.chosen) : null;
}

async function reload(): Promise<void> {
  [desk, queued, notes, others] = await Promise.all([store.desk(me), store.queue(me), store.notes(me), store.ofOthers(me)]);
  show();
}

function show(): void {
  lines = desk ? ground(desk.work.lines, ownActs(), desk.sent) : [];
  const now = line();
  const hand = now ? (heldFor(now)?.hand ?? 0) : 0;
  const key = now ? `${now.id} ${left(now) - hand}` : "";
  if (key !== wantedFor) {
    if (now && !wantedFor.startsWith(now.id)) {
      closeReasons();
      const { picture } = now;
      void (picture ? store.picture(picture) : Promise.resolve(null)).then((blob) => showPicture(blob), () => showPicture(null));
    }
    [wantedFor, wanted] = [key, now ? Math.max(1, left(now) - hand) : 1];
  }
  const scene = {
    work: desk && !desk.finished ? desk.work : null,
    lines,
    line: now,
    wanted,
    hand,
    net: sender.net,
    waiting: queued.length,
    others,
    notes,
    standing: standing(),
    mayUndo: desk !== null && undo(lines, desk.work.lines, [...desk.sent, ...ownActs()]).ok,
  };
  draw(scene, (note) => void inTurn(async () => {
    if (note.id !== undefined) await store.forgetNote(note.id);
    await reload();
  }));
}

function standing(): string[] {
  const found: string[] = [];
  const count = queued.length;
  if (sender.net === "signed_out") found.push(say("sign_in", { count }));
  if (sender.net === "other_person") found.push(say("other_person", { name: sender.why?.name ?? "" }));
  if (sender.net === "stuck") found.push(say("stuck", { status: sender.why?.status ?? 0 }));
  if (others > 0) found.push(say("others_wait", { count: others }));
  if (desk && !desk.finished && desk.work.taken_by) found.push(say("taken_over", { name: desk.work.taken_by, number: desk.work.number }));
  if (desk && Math.abs(desk.skew) > CLOCK_OFF_MS) found.push(say("clock", { minutes: Math.round(Math.abs(desk.skew) / 60_000) }));
  return found;
}

/** What the hub answered, or that the way to it changed. */
async function heard(answer: { session: string; acts: Act[]; items: Told[] } | null): Promise<void> {
  if (answer) {
    const kinds = new Map(answer.acts.map((act) => [act.client_id, act.kind]));
    for (const told of answer.items) {
      if (told.outcome === "conflict") {
        await store.note(me, `${say("in_review")} ${told.message}`);
        signal("error");
      }
      if (kinds.get(told.client_id) === "finish") await finished(answer.session, told);
    }
  }
  await reload();
}

async function finished(session: string, told: Told): Promise<void> {
  const found = await store.desk(me);
  if (told.outcome === "noted") await store.note(me, told.message);
  if (found?.work.session.id !== session) return;
  if (told.outcome === "applied") await store.clear(me);
  else await store.change(me, { finished: false });
}

function today(): string {
  return new Date(Date.now() + (desk?.skew ?? 0)).toISOString().slice(0, 10);
}

/** Answers at once, then keeps what was done, then sends it. */
async function record(verdict: Verdict, patch: Partial<Pick<store.Desk, "chosen" | "finished">> = {}): Promise<void> {
  announce(say(verdict.say, verdict.facts), verdict.ok ? "ok" : "error");
  signal(verdict.ok ? "ok" : "error");
  if (!desk) return;
  const before = verdict.said ? (desk.said[verdict.said.line] ?? NOTHING) : null;
  const said = verdict.said && before ? { ...before, ...verdict.said } : undefined;
  const empty = { line_id: null, quantity: 0, code: "", location: "", lot: "", tote: "", reason: "", undoes: "" };
  const draft = verdict.act ? { ...empty, ...verdict.act, client_id: store.uuid(), at: moment() } : undefined;
  await store.change(me, patch, said, draft);
  await reload();
  if (draft) sender.kick();
}

/** By the device's clock, whatever it says; only what no calendar has is left out. */
function moment(): string {
  return new Date(Math.min(Math.max(Date.now(), 0), 253_000_000_000_000)).toISOString();
}

function heldFor(of: Line): Said | undefined {
  return desk?.said[of.id];
}

async function scanned(code: string): Promise<void> {
  if (!desk || desk.finished) return bring({ code });
  await record(decide(code, desk.work, lines, line(), line() ? heldFor(line() as Line) : undefined, today()));
}

async function bring(wish: { code?: string; mode?: string; take_over?: boolean }): Promise<void> {
  part("scan-over").hidden = true;
  let work: Work | null;
  try {
    work = await take(wish);
  } catch (error) {
    if (!(error instanceof Refused)) announce(say("needs_network"), "error");
    else {
      announce(error.message, "error");
      refused = error.why.type.endsWith("list_taken") ? (wish.code ?? "") : "";
      part("scan-over").hidden = refused === "";
    }
    signal("error");
    sender.kick();
    return;
  }
  if (!work) {
    announce(say("no_work"), "info");
    return;
  }
  if (work.session.actor_id !== me) {
    announce(say("sign_in", { count: queued.length }), "error");
    return;
  }
  void navigator.storage?.persist?.();
  await put(work);
  announce(say("taken", { number: work.number, count: work.lines.filter((one) => one.state === "open").length }), "ok");
  signal("ok");
}

async function put(work: Work): Promise<void> {
  const own = desk?.work.session.id === work.session.id ? desk : null;
  await store.put({
    owner: me,
    work,
    skew: Date.parse(work.now) - Date.now(),
    said: own?.said ?? {},
    sent: own?.sent ?? [],
    chosen: own?.chosen ?? "",
    sequence: Math.max(work.session.last_sequence, own?.sequence ?? 0),
    finished: false,
  });
  await reload();
  void fetchPictures(work.lines);
  void navigator.wakeLock?.request("screen").catch(() => undefined);
}

async function fetchPictures(of: Line[]): Promise<void> {
  const found = new Map<string, Blob>();
  for (const url of new Set(of.map((one) => one.picture).filter(Boolean))) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) found.set(url, await answer.blob());
  }
  await store.keepPictures(found).catch(() => undefined);
  wantedFor = "";
  show();
}

/** Others work on the same orders: looks again, when nothing of our own is on its way. */
let refreshing = 0;
document.body.addEventListener("live:fulfilment", () => {
  window.clearTimeout(refreshing);
  refreshing = window.setTimeout(() => void inTurn(refresh), REFRESH_MS);
});

async function refresh(): Promise<void> {
  const found = await store.desk(me);
  if (!found || found.finished || sender.net !== "online" || (await store.queue(me)).length > 0) return;
  const work = await look(found.work.session.id).catch(() => null);
  if (work && (await store.queue(me)).length === 0) {
    await store.settle(me, work.session.id, [], [], { lines: work.lines, status: work.status, taken_by: work.taken_by });
    await reload();
  }
}

document.body.addEventListener("scan", (event) => {
  event.preventDefault();
  const { code } = (event as CustomEvent<{ code: string }>).detail;
  void inTurn(() => scanned(code));
});
// Typed by hand.  On the window, so that what stops an empty or repeated one has looked at it before.
window.addEventListener("submit", (event) => {
  if (event.target !== part("scan-form")) return;
  event.preventDefault();
  const input = part<HTMLInputElement>("scan-code");
  const code = input.value.trim();
  input.value = "";
  if (code) void inTurn(() => scanned(code));
});

function press(id: string, act: () => Promise<void>): void {
  part(id).addEventListener("click", () => void inTurn(act));
}

press("scan-next", () => bring({ mode: part<HTMLSelectElement>("scan-mode").value }));
press("scan-over", () => bring({ code: refused, take_over: true }));
press("amount-less", () => step(-1));
press("amount-more", () => step(1));
press("amount-pick", async () => {
  const now = line();
  if (desk && now) await record(amount(wanted, desk.work, now, heldFor(now)));
});
press("task-undo", takeBack);
press("done-undo", takeBack);
press("task-short", async () => {
  const open = part("task-reasons").hidden;
  part("task-reasons").hidden = !open;
  part("task-short").setAttribute("aria-expanded", String(open));
});
press("done-finish", async () => {
  if (!desk) return;
  await record({ ok: true, say: "finished_here", facts: { number: desk.work.number }, act: { kind: "finish" } }, { finished: true });
});
press("leave-list", async () => {
  if (!desk) return;
  const list = desk.work.session.pick_list_id;
  const idle = sender.net === "online" && queued.length === 0;
  await store.clear(me);
  await reload();
  if (idle) await pause(list).catch(() => undefined);
});
for (const button of buttons("[data-short]")) {
  button.addEventListener("click", () => void inTurn(async () => {
    const now = line();
    closeReasons();
    if (now) await record(short(now, button.dataset["short"] ?? ""));
  }));
}
on("click", "[data-line]", (button) => void inTurn(async () => {
  await store.change(me, { chosen: button.dataset["line"] ?? "" });
  await reload();
}));

async function step(by: number): Promise<void> {
  const now = line();
  if (now) wanted = Math.min(Math.max(1, wanted + by), left(now));
  show();
}

async function takeBack(): Promise<void> {
  if (desk) await record(undo(lines, desk.work.lines, [...desk.sent, ...ownActs()]));
}

const camera = new Camera(part<HTMLVideoElement>("camera-video"), (code) => void inTurn(() => scanned(code)));
part("camera-open").addEventListener("click", () => void toggleCamera());
part("camera-torch").addEventListener("click", () => {
  const torch = part("camera-torch");
  const lit = torch.getAttribute("aria-pressed") !== "true";
  torch.setAttribute("aria-pressed", String(lit));
  void camera.light(lit);
});

async function toggleCamera(): Promise<void> {
  const button = part("camera-open");
  const open = !camera.open;
  part("camera").hidden = !open;
  if (!open) camera.stop();
  else {
    await camera.start().catch((error: unknown) => {
      part("camera").hidden = true;
      announce(say("no_camera", { reason: error instanceof Error ? error.message : String(error) }), "error");
      signal("error");
    });
    part("camera-torch").hidden = !camera.torch;
    if (camera.open) announce(say("looking"), "info");
  }
  button.setAttribute("aria-pressed", String(camera.open));
}

void inTurn(async () => {
  await reload();
  sender.kick();
  await refresh();
});
// The camera's reader must be there before the network is gone.
if (!hasNativeReader() && "mediaDevices" in navigator) {
  window.setTimeout(() => navigator.onLine && void fallback().catch(() => undefined), 3_000);
}
