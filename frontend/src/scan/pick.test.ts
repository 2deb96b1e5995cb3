import { describe, expect, test } from "vitest";
import { type Act, amount, current, decide, ground, left, type Line, NOTHING, short, undo, type Verdict, type Work } from "./pick";

function line(sku: string, location: string, more: Partial<Line> = {}): Line {
  return {
    id: sku, order_id: "o1", order_number: "S-1", position: 1, sku, gtin: "", title: sku, location, location_barcode: "", lot: "", tote: "",
    quantity: 2, picked: 0, short: 0, state: "open", located: false, lot_scanned: "", picture: "", ...more,
  };
}

const MUG = line("MUG", "7.15", { gtin: "9506000134352", location_barcode: "LOC715" });
const CUP = line("CUP", "8.01", { order_id: "o2" });

function work(rules: Partial<Work["rules"]> = {}, lines = [MUG, CUP]): Work {
  return {
    session: { id: "s", version: 1, pick_list_id: "p", actor_id: "ann", last_sequence: 0 },
    number: "P-1", status: "picking", taken_by: "", mode: "cart", lines, now: "2026-11-21T10:00:00Z",
    rules: { scan_location: false, scan_product: false, scan_lot: false, scan_tote: false, ...rules },
    neighbours: [{ sku: "B-12", gtin: "4006381333931", location: "7.14" }],
    places: [{ code: "7.14", barcode: "" }],
  };
}

let count = 0;
function act(verdict: Verdict): Act {
  count += 1;
  const empty = { line_id: null, quantity: 0, code: "", location: "", lot: "", tote: "", reason: "", undoes: "" };
  return { ...empty, ...verdict.act, client_id: `c${count}`, sequence: count, at: "" } as Act;
}

const scan = (code: string, of = work(), said = {}) =>
  decide(code, of, of.lines, current(of.lines), { ...NOTHING, ...said }, "2026-11-21");

describe("a scan on a device", () => {
  test.each(["mug", "9506000134352", "09506000134352", `(01)09506000134352(10)L-1`])("%j is the product", (code) => {
    expect(scan(code)).toMatchObject({ ok: true, say: "picked", act: { kind: "pick", quantity: 1, line_id: "MUG" } });
  });
  test.each(["7.15", "loc715"])("%j is the place", (code) => {
    expect(scan(code)).toMatchObject({ ok: true, say: "right_place", said: { location: "7.15" } });
  });
  test.each([
    ["4006381333931", "wrong_product", { scanned: "B-12", found: "7.14", sku: "MUG", location: "7.15" }],
    ["CUP", "wrong_product", { scanned: "CUP", found: "8.01" }],
    ["7.14", "wrong_location", { scanned: "7.14", location: "7.15" }],
    ["4006381333932", "damaged", { scanned: "4006381333932" }],
    ["]d2019506", "damaged", { sku: "MUG" }],
    ["whatever", "unknown_code", { scanned: "whatever" }],
    ["(01)09506000134352(17)260101", "expired_lot", { expired: "2026-01-01" }],
  ])("%j is named", (code, say, facts) => {
    expect(scan(code)).toMatchObject({ ok: false, say, facts, act: { kind: "wrong" } });
  });
  test("what the site wants scanned comes first", () => {
    const strict = work({ scan_location: true, scan_product: true, scan_lot: true }, [{ ...MUG, lot: "L-1" }]);
    expect(scan("MUG", strict).say).toBe("location_first");
    expect(scan("MUG", strict, { location: "7.15" }).say).toBe("lot_first");
    expect(scan("(01)09506000134352(10)L-9", strict, { location: "7.15" })).toMatchObject({ say: "wrong_lot", facts: { scanned: "L-9" } });
    expect(scan("l-1", strict)).toMatchObject({ ok: true, say: "right_lot" });
    expect(scan("MUG", strict, { location: "7.15", lot: "L-1" }).ok).toBe(true);
    const first = strict.lines[0] as Line;
    expect(amount(2, strict, first, { ...NOTHING, location: "7.15", lot: "L-1" }).say).toBe("product_first");
    expect(amount(2, strict, first, { ...NOTHING, location: "7.15", code: "MUG", lot: "L-1" })).toMatchObject({ ok: true, act: { quantity: 2, code: "MUG" } });
  });
  test("pieces of a cart count when their tote is scanned, where the site wants that", () => {
    const cart = work({ scan_tote: true }, [{ ...MUG, tote: "T-1" }, { ...CUP, tote: "T-2" }]);
    const first = cart.lines[0] as Line;
    expect(scan("MUG", cart)).toMatchObject({ ok: true, say: "in_hand", facts: { quantity: 1, tote: "T-1" }, said: { hand: 1 } });
    expect(scan("MUG", cart).act).toBeUndefined();
    expect(amount(2, cart, first, { ...NOTHING, hand: 1 }).say).toBe("tote_first");
    expect(scan("T-2", cart, { hand: 2 })).toMatchObject({ ok: false, say: "wrong_tote", facts: { scanned: "T-2", tote: "T-1" } });
    expect(scan("t-1", cart)).toMatchObject({ ok: true, say: "right_tote" });
    expect(scan("t-1", cart, { hand: 2, code: "MUG" })).toMatchObject({ say: "picked", act: { quantity: 2, tote: "T-1", code: "MUG" }, said: { hand: 0 } });
    expect(scan("MUG", work({ scan_tote: true })).say).toBe("tote_missing");
  });
  test.each([0, -1, 3, 1e9])("%j pieces are refused", (quantity) => {
    expect(amount(quantity, work(), MUG)).toMatchObject({ ok: false, say: "too_many", facts: { left: 2 } });
  });
});

describe("the list after what was done without a network", () => {
  test("two deliberate scans of one product are two pieces, and then comes the next line", () => {
    const done = [act(scan("MUG")), act(scan("MUG"))];
    const lines = ground(work().lines, done);
    expect(lines[0]).toMatchObject({ picked: 2, state: "picked" });
    expect(current(lines)?.sku).toBe("CUP");
    expect(decide("MUG", work(), lines, current(lines))).toMatchObject({ say: "done_already", facts: { sku: "MUG", next: "CUP" } });
  });
  test("a short pick ends the line, and a chosen line comes first", () => {
    const lines = ground(work().lines, [act(scan("MUG")), act(short(MUG, "damaged"))]);
    expect(lines[0]).toMatchObject({ picked: 1, short: 1, state: "short" });
    expect(current(work().lines, "CUP")?.sku).toBe("CUP");
    expect(decide("x", work(), [], null).say).toBe("nothing_open");
  });
  test("undo takes back the last pick only, each once", () => {
    const done = [act(scan("MUG")), act(amount(1, work(), MUG))];
    for (const rest of [1, 0]) {
      const taken = undo(ground(work().lines, done), work().lines, done);
      expect(taken).toMatchObject({ ok: true, facts: { quantity: 1, sku: "MUG" } });
      done.push(act(taken));
      expect(ground(work().lines, done)[0]).toMatchObject({ picked: rest, state: "open" });
    }
    expect(undo(work().lines, work().lines, done).say).toBe("no_undo");
  });
  test("what the server finished cannot be undone on the device", () => {
    const sent = [act(scan("MUG"))];
    const server = [{ ...MUG, picked: 2, state: "picked" as const }, CUP];
    expect(undo(server, server, sent)).toMatchObject({ say: "late_undo", facts: { number: "S-1" } });
  });
  test("an act on what the server cancelled changes nothing, and undoing what was sent works on the server's lines", () => {
    const sent = act(scan("MUG"));
    expect(ground([{ ...MUG, state: "cancelled" }], [sent])[0]).toMatchObject({ picked: 0, state: "cancelled" });
    const back = act(undo([{ ...MUG, picked: 1 }], [MUG], [sent]));
    expect(left(ground([{ ...MUG, picked: 1 }], [back], [sent])[0] as Line)).toBe(2);
  });
});
