/** Draws the scanning app: one thing to do, in letters that can be read at arm's length. */
import { all, first, icon, make } from "../dom";
import { fill } from "../texts";
import type { Net } from "./hub";
import { type Facts, left, type Line, type Work } from "./pick";
import type { Note } from "./store";

const sentences = JSON.parse(document.getElementById("scan-texts")?.textContent ?? "{}") as Record<string, string>;

export function say(name: string, facts: Facts = {}): string {
  return fill(sentences[name] ?? name, facts);
}

export function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id} is missing`);
  return found as T;
}

function write(id: string, words: string): void {
  const element = part(id);
  if (element.textContent !== words) element.textContent = words;
}

export interface Scene {
  work: Work | null;
  lines: Line[];
  line: Line | null;
  wanted: number;
  /** Pieces that wait for their tote. */
  hand: number;
  net: Net;
  waiting: number;
  others: number;
  notes: Note[];
  /** Sentences that hold as long as they are true. */
  standing: string[];
  mayUndo: boolean;
}

const NETS: Record<Net, [string, string]> = {
  online: ["world", "online"],
  offline: ["cloud-off", "offline"],
  signed_out: ["login", "signed_out"],
  other_person: ["user", "signed_out"],
  stuck: ["alert-triangle", "online"],
};

export function draw(scene: Scene, forget: (note: Note) => void): void {
  drawState(scene);
  drawNotes(scene, forget);
  const { work, line } = scene;
  part("scan-start").hidden = work !== null;
  part("scan-task").hidden = !work || !line;
  part("scan-done").hidden = !work || line !== null;
  part("scan-lines").hidden = part("scan-leave").hidden = !work;
  if (!work) return;
  write("done-number", work.number);
  if (line) drawTask(scene, work, line);
  drawLines(scene);
}

function drawState({ net, waiting }: Scene): void {
  const badge = part("scan-net");
  const [name, words] = NETS[net];
  if (badge.dataset["net"] !== net) {
    badge.dataset["net"] = net;
    badge.replaceChildren(icon(name), make("span", {}, say(words)));
  } else if (badge.textContent !== say(words)) badge.replaceChildren(icon(name), make("span", {}, say(words)));
  write("scan-waiting", waiting === 0 ? say("all_sent") : waiting === 1 ? say("waiting_one") : say("waiting", { count: waiting }));
  part("scan-waiting").classList.toggle("scan-waits", waiting > 0);
}

function drawNotes({ notes, standing }: Scene, forget: (note: Note) => void): void {
  const box = part("scan-notes");
  const key = JSON.stringify([standing, notes]);
  if (box.dataset["key"] === key) return;
  box.dataset["key"] = key;
  box.replaceChildren(
    ...standing.map((words) => make("p", { class: "notice notice-warning" }, icon("alert-triangle"), make("span", {}, words))),
    ...notes.map((note) => {
      const seen = make("button", { type: "button", class: "btn btn-quiet btn-sm" }, "OK");
      seen.addEventListener("click", () => forget(note));
      return make("div", { class: "notice notice-danger", role: "alert" }, icon("alert-circle"), make("span", {}, note.sentence), seen);
    }),
  );
}

function drawTask({ lines, wanted, hand, mayUndo }: Scene, work: Work, line: Line): void {
  const total = lines.reduce((sum, one) => sum + (one.state === "cancelled" ? 0 : one.quantity), 0);
  const done = lines.reduce((sum, one) => sum + (one.state === "cancelled" ? 0 : one.picked + one.short), 0);
  write("task-number", work.number);
  write("task-count", say("progress", { done, total }));
  const bar = part<HTMLProgressElement>("task-progress");
  [bar.max, bar.value] = [Math.max(total, 1), done];
  write("task-kind", say(line.located ? "take" : "go_to"));
  write("task-place", line.location);
  write("task-product", line.title === line.sku ? line.sku : `${line.title} · ${line.sku}`);
  const more = [say("compartment", { number: line.order_number, place: line.position })];
  if (line.lot) more.push(say("lot", { lot: line.lot }));
  if (line.tote) more.push(say("tote", { tote: line.tote }));
  if (hand > 0) more.push(say("hand", { count: hand }));
  if (line.gtin) more.push(line.gtin);
  write("task-more", more.join(" · "));
  write("task-left", String(left(line)));
  write("task-of", left(line) === line.quantity ? say("pieces") : say("of", { count: line.quantity }));
  write("amount-pick", say("pick_some", { count: wanted }));
  part<HTMLButtonElement>("amount-less").disabled = wanted <= 1;
  part<HTMLButtonElement>("amount-more").disabled = wanted >= left(line);
  part<HTMLButtonElement>("task-undo").disabled = !mayUndo;
  write("task-missing", say("missing", { place: line.location }));
}

const STATES: Record<Line["state"], string> = { open: "circle-dashed", picked: "circle-check", short: "alert-triangle", cancelled: "circle-x" };

function drawLines({ lines, line }: Scene): void {
  const list = part("scan-list");
  const key = JSON.stringify([line?.id, lines.map((one) => [one.id, one.state, one.picked, one.short])]);
  if (list.dataset["key"] === key) return;
  list.dataset["key"] = key;
  list.replaceChildren(
    ...lines.map((one) => {
      const words = make("span", {}, make("b", {}, one.location), ` ${one.sku} `, make("small", {}, one.title === one.sku ? "" : one.title));
      const count = make("span", { class: "num" }, `${one.picked}/${one.quantity}`);
      const button = make("button", { type: "button", class: "scan-line", "data-line": one.id }, icon(STATES[one.state]), words, count);
      if (one.state !== "open") button.disabled = true;
      if (one.id === line?.id) button.setAttribute("aria-current", "true");
      return make("li", {}, button);
    }),
  );
}

/** Says *sentence*; the colour only repeats what the sign and the words say. */
export function announce(sentence: string, tone: "ok" | "error" | "info"): void {
  const box = part("scan-said");
  box.hidden = false;
  box.className = `scan-said scan-said-${tone}`;
  box.replaceChildren(icon(tone === "error" ? "alert-circle" : tone === "ok" ? "circle-check" : "info-circle"), make("span", {}, sentence));
}

let shown = "";

/** Shows the picture of the product that is picked, if the device has it. */
export function showPicture(blob: Blob | null): void {
  const picture = part<HTMLImageElement>("task-picture");
  if (shown) URL.revokeObjectURL(shown);
  shown = blob ? URL.createObjectURL(blob) : "";
  picture.hidden = !blob;
  if (blob) picture.src = shown;
  else picture.removeAttribute("src");
}

export function closeReasons(): void {
  part("task-reasons").hidden = true;
  part("task-short").setAttribute("aria-expanded", "false");
}

export function buttons(selector: string): HTMLButtonElement[] {
  return all<HTMLButtonElement>(selector, first("#scanning") ?? document);
}
