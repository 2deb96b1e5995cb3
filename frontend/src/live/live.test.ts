import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backOff, Coalescer, namesOf } from "./coalesce";
import { Gate } from "./gate";
import { StreamParser } from "./parse";

describe("the stream", () => {
  const text = ': hello\n\nid: 7\nevent: change\ndata: {"a":1}\n\nid: 8\r\nevent: progress\r\ndata: x\r\ndata: y\r\n\r\n';
  const wanted = [
    { id: "7", event: "change", data: '{"a":1}' },
    { id: "8", event: "progress", data: "x\ny" },
  ];
  test("is read whole", () => expect(new StreamParser().feed(text)).toEqual(wanted));
  test("is read the same wherever it is cut", () => {
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new StreamParser();
      expect([...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))]).toEqual(wanted);
    }
  });
  test("keeps the last id for messages without one", () => {
    expect(new StreamParser().feed("id: 3\ndata: a\n\ndata: b\n\n").map(({ id }) => id)).toEqual(["3", "3"]);
  });
});

describe("the gate", () => {
  test("passes at once while nothing is under way, and the last of each name afterwards", () => {
    const seen: string[] = [];
    const gate = new Gate<number>((name, value) => seen.push(`${name} ${value}`));
    gate.pass("orders", 1);
    gate.begin("a");
    gate.begin("b");
    for (const value of [2, 3]) gate.pass("orders", value);
    gate.pass("jobs", 4);
    gate.end("a");
    gate.end("a");
    gate.end("unknown");
    expect(seen).toEqual(["orders 1"]);
    gate.end("b");
    expect(seen).toEqual(["orders 1", "orders 3", "jobs 4"]);
  });
  test("loses nothing when what it passes on begins a request", () => {
    const seen: string[] = [];
    const gate: Gate<number> = new Gate((name, value) => {
      seen.push(`${name} ${value}`);
      gate.begin(name);
    });
    gate.begin("first");
    gate.pass("orders", 1);
    gate.pass("jobs", 2);
    gate.end("first");
    expect(seen).toEqual(["orders 1"]);
    gate.end("orders");
    expect(seen).toEqual(["orders 1", "jobs 2"]);
  });
});

describe("changes", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("the first goes out at once, a burst once more with its last", () => {
    const seen: [string, number][] = [];
    const coalescer = new Coalescer<number>((name, value) => seen.push([name, value]), 300);
    for (const value of [1, 2, 3]) coalescer.push("orders", value);
    coalescer.push("stock", 9);
    expect(seen).toEqual([["orders", 1], ["stock", 9]]);
    vi.advanceTimersByTime(300);
    expect(seen).toEqual([["orders", 1], ["stock", 9], ["orders", 3]]);
    vi.advanceTimersByTime(1000);
    expect(seen).toHaveLength(3);
  });
  test("go by their topic, their slice and their subject", () => {
    expect(namesOf("orders.order_changed", "order:7")).toEqual(["orders.order_changed", "orders", "order:7"]);
    expect(namesOf("orders.order_changed")).toEqual(["orders.order_changed", "orders"]);
    expect(namesOf("toast")).toEqual(["toast"]);
  });
  test("the wait grows to 15 seconds", () => expect([1, 2, 3, 4, 5, 50].map(backOff)).toEqual([1, 2, 4, 8, 15, 15]));
});
