/**
 * What a scan means on a device: the same rules as the server's, so that the answer is there without a network.
 * Pure: the list, what was done since, the code and the day come in; sentences go out as names with facts.
 */
import { checkDigitFits, readGs1 } from "./gs1";

export interface Line {
  id: string;
  order_id: string;
  order_number: string;
  position: number;
  sku: string;
  gtin: string;
  title: string;
  location: string;
  location_barcode: string;
  lot: string;
  tote: string;
  quantity: number;
  picked: number;
  short: number;
  state: "open" | "picked" | "short" | "cancelled";
  located: boolean;
  lot_scanned: string;
  picture: string;
}

export interface Work {
  session: { id: string; version: number; pick_list_id: string; actor_id: string; last_sequence: number };
  number: string;
  status: string;
  mode: string;
  taken_by: string;
  rules: { scan_location: boolean; scan_product: boolean; scan_lot: boolean; scan_tote: boolean };
  lines: Line[];
  neighbours: { sku: string; gtin: string; location: string }[];
  places: { code: string; barcode: string }[];
  now: string;
}

export type Kind = "place" | "pick" | "short" | "undo" | "finish" | "wrong";

export interface Act {
  client_id: string;
  sequence: number;
  kind: Kind;
  at: string;
  line_id: string | null;
  quantity: number;
  code: string;
  location: string;
  lot: string;
  tote: string;
  reason: string;
  undoes: string;
}

/** What was scanned for a line so far; kept beside the list. */
export interface Said {
  location: string;
  code: string;
  lot: string;
  /** Pieces that are taken and count when their tote is scanned. */
  hand: number;
}

export type Facts = Record<string, string | number>;

export interface Verdict {
  ok: boolean;
  /** Name of the sentence. */
  say: string;
  facts: Facts;
  /** What is to be queued, without what every act has. */
  act?: Pick<Act, "kind"> & Partial<Act>;
  /** What is now known to have been scanned for the line. */
  said?: { line: string } & Partial<Said>;
}

export function left(line: Line): number {
  return line.state === "open" ? line.quantity - line.picked - line.short : 0;
}

/** Returns the lines as they are after *acts*, which the server does not know yet; *sent* are earlier picks it does know. */
export function ground(lines: Line[], acts: readonly Act[], sent: readonly Act[] = []): Line[] {
  const found = new Map(lines.map((line) => [line.id, { ...line }]));
  const undone = new Set<string>();
  for (const act of acts) {
    const line = found.get(act.line_id ?? "");
    if (act.kind === "undo") {
      const target = [...sent, ...acts].find((one) => one.client_id === act.undoes && one.kind === "pick");
      const back = found.get(target?.line_id ?? "");
      if (!target || !back || undone.has(act.undoes)) continue;
      undone.add(act.undoes);
      back.picked = Math.max(0, back.picked - target.quantity);
      if (back.state !== "cancelled") back.state = "open";
    } else if (line && line.state === "open") {
      if (act.kind === "place") line.located = true;
      if (act.kind === "pick") line.picked = Math.min(line.quantity - line.short, line.picked + act.quantity);
      if (act.kind === "short") line.short += left(line);
      if (line.picked + line.short >= line.quantity) line.state = line.short ? "short" : "picked";
    }
  }
  return [...found.values()];
}

/** The line to pick now: the one somebody chose if it is open, else the next in walking order. */
export function current(lines: readonly Line[], chosen = ""): Line | null {
  return lines.find((line) => line.id === chosen && line.state === "open") ?? lines.find((line) => line.state === "open") ?? null;
}

function sameGtin(one: string, other: string): boolean {
  return other !== "" && /^\d+$/.test(one) && one.replace(/^0+/, "") === other.replace(/^0+/, "");
}

function isProduct(code: string, thing: { sku: string; gtin: string }): boolean {
  return code.toLowerCase() === thing.sku.toLowerCase() || sameGtin(code, thing.gtin);
}

function isPlace(code: string, place: { code: string; barcode: string }): boolean {
  const said = code.toLowerCase();
  return said === place.code.toLowerCase() || (place.barcode !== "" && said === place.barcode.toLowerCase());
}

export const NOTHING: Said = { location: "", code: "", lot: "", hand: 0 };

/** Says what *code* means to the line that is picked now.  *today* is YYYY-MM-DD by the server's clock. */
export function decide(code: string, work: Work, lines: readonly Line[], line: Line | null, said: Said = NOTHING, today = ""): Verdict {
  const scanned = code.trim();
  if (!line) return { ok: false, say: "nothing_open", facts: { number: work.number } };
  const facts: Facts = { scanned: scanned.slice(0, 60), sku: line.sku, location: line.location };
  const wrong = (say: string, more: Facts = {}): Verdict => ({
    ok: false,
    say,
    facts: { ...facts, ...more },
    act: { kind: "wrong", line_id: line.id, code: scanned.slice(0, 200) },
  });
  const label = readGs1(scanned);
  if (label === "damaged") return wrong("damaged");
  const product = label?.gtin || scanned;
  if (isProduct(product, line)) {
    if (label?.expiresOn && today && label.expiresOn < today)
      return wrong("expired_lot", { lot: label.lot || "?", expired: label.expiresOn });
    const lot = label?.lot || said.lot || line.lot_scanned;
    const missing = check(work, line, { ...said, code: scanned, lot });
    if (missing) return { ...missing, act: { kind: "wrong", line_id: line.id, code: scanned.slice(0, 200) } };
    return pick(work, line, 1, { ...said, code: scanned.slice(0, 200), lot });
  }
  if (line.tote && scanned.toLowerCase() === line.tote.toLowerCase()) {
    if (said.hand > 0 && inTotes(work)) return count(line, Math.min(said.hand, left(line)), { ...said, hand: 0 }, line.tote);
    return { ok: true, say: "right_tote", facts };
  }
  if (isPlace(scanned, { code: line.location, barcode: line.location_barcode })) {
    return {
      ok: true,
      say: "right_place",
      facts,
      act: { kind: "place", line_id: line.id, code: scanned.slice(0, 200) },
      said: { line: line.id, location: line.location },
    };
  }
  if (line.lot && scanned.toLowerCase() === line.lot.toLowerCase()) {
    return { ok: true, say: "right_lot", facts, said: { line: line.id, lot: line.lot } };
  }
  return named(product, work, lines, line, wrong) ?? (looksMisread(scanned) ? wrong("damaged") : wrong("unknown_code"));
}

/** Says which other thing it is, if the device knows it. */
function named(
  code: string,
  work: Work,
  lines: readonly Line[],
  line: Line,
  wrong: (say: string, more?: Facts) => Verdict,
): Verdict | null {
  const tote = lines.find((one) => one.tote !== "" && one.tote.toLowerCase() === code.toLowerCase());
  if (tote) return wrong("wrong_tote", { scanned: tote.tote, number: tote.order_number, tote: line.tote || "?", wanted: line.order_number });
  const places = [...lines.map((one) => ({ code: one.location, barcode: one.location_barcode })), ...work.places];
  const place = places.find((one) => isPlace(code, one));
  if (place) return wrong("wrong_location", { scanned: place.code });
  const listed = lines.filter((one) => isProduct(code, one));
  const open = listed.find((one) => one.state === "open");
  if (open) return wrong("wrong_product", { scanned: open.sku, found: open.location });
  if (listed[0]) return wrong("done_already", { sku: listed[0].sku, next: line.sku });
  const near = work.neighbours.find((one) => isProduct(code, one));
  return near ? wrong("wrong_product", { scanned: near.sku, found: near.location }) : null;
}

function looksMisread(code: string): boolean {
  return [8, 12, 13, 14].includes(code.length) && /^\d+$/.test(code) && !checkDigitFits(code);
}

/** Returns what must be scanned first, by the rules of the site. */
function check(work: Work, line: Line, said: Said): Verdict | null {
  const facts = { sku: line.sku, location: line.location, lot: line.lot };
  const refuse = (say: string, more: Facts = {}): Verdict => ({ ok: false, say, facts: { ...facts, ...more } });
  if (work.rules.scan_location && !said.location && !line.located) return refuse("location_first");
  if (work.rules.scan_product && !said.code) return refuse("product_first");
  if (line.lot && said.lot && said.lot.toLowerCase() !== line.lot.toLowerCase()) return refuse("wrong_lot", { scanned: said.lot });
  if (work.rules.scan_lot && line.lot && !said.lot) return refuse("lot_first");
  return null;
}

/** Picks *quantity* of the line without another scan: what was scanned for it before still counts. */
export function amount(quantity: number, work: Work, line: Line, said: Said = NOTHING): Verdict {
  const known = { ...said, lot: said.lot || line.lot_scanned };
  return check(work, line, known) ?? pick(work, line, quantity, known);
}

/** Whether pieces count only when the tote of their order was scanned. */
function inTotes(work: Work): boolean {
  return work.rules.scan_tote && work.mode === "cart";
}

function pick(work: Work, line: Line, quantity: number, said: Said): Verdict {
  if (!inTotes(work)) return count(line, quantity, said);
  const facts = { sku: line.sku, tote: line.tote, number: line.order_number };
  if (!line.tote) return { ok: false, say: "tote_missing", facts };
  const hand = said.hand + quantity;
  if (hand > left(line)) return { ok: false, say: "tote_first", facts };
  return { ok: true, say: "in_hand", facts: { ...facts, quantity: hand }, said: { line: line.id, ...said, hand } };
}

function count(line: Line, quantity: number, said: Said, tote = ""): Verdict {
  if (quantity < 1 || quantity > left(line)) {
    return { ok: false, say: "too_many", facts: { quantity, sku: line.sku, left: left(line), location: line.location } };
  }
  return {
    ok: true,
    say: "picked",
    facts: { quantity, sku: line.sku },
    act: { kind: "pick", line_id: line.id, quantity, code: said.code, location: said.location, lot: said.lot, tote },
    said: { line: line.id, ...said },
  };
}

/** Reports what is left of the line as missing. */
export function short(line: Line, reason: string): Verdict {
  return {
    ok: true,
    say: "short",
    facts: { quantity: left(line), sku: line.sku, location: line.location },
    act: { kind: "short", line_id: line.id, reason },
  };
}

/** Takes the last pick back; *server* are the lines as the server last told, *done* the acts of this session in order. */
export function undo(lines: readonly Line[], server: readonly Line[], done: readonly Act[]): Verdict {
  const undone = new Set(done.filter((act) => act.kind === "undo").map((act) => act.undoes));
  const last = done.filter((act) => act.kind === "pick" && !undone.has(act.client_id)).at(-1);
  const line = lines.find((one) => one.id === last?.line_id);
  if (!last || !line) return { ok: false, say: "no_undo", facts: {} };
  const order = server.filter((one) => one.order_id === line.order_id);
  if (order.every((one) => one.state !== "open")) return { ok: false, say: "late_undo", facts: { number: line.order_number } };
  return {
    ok: true,
    say: "undone",
    facts: { quantity: last.quantity, sku: line.sku, location: line.location },
    act: { kind: "undo", line_id: line.id, undoes: last.client_id },
  };
}
