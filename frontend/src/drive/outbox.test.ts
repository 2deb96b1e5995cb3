import { describe, expect, it } from "vitest";
import { type Answer, type Kept, meaning, Outbox, type Shelf } from "./outbox";

function shelf(): Shelf & { rows: Map<string, Kept> } {
  const rows = new Map<string, Kept>();
  return {
    rows,
    all: () => Promise.resolve([...rows.values()]),
    put: (report) => Promise.resolve(void rows.set(report.id, report)),
    remove: (id) => Promise.resolve(void rows.delete(id)),
  };
}

const report = (id: string, keptAt = 0): Kept => ({ id, url: `/${id}`, about: id, fields: [["client_id", id]], keptAt });

describe("reports of a driver", () => {
  it("are kept while the hub is away and sent once, oldest first", async () => {
    const store = shelf();
    const sent: string[] = [];
    let answer: Answer = "away";
    const outbox = new Outbox(store, (one) => (answer === "taken" && sent.push(one.id), Promise.resolve(answer)), () => undefined);
    expect(await outbox.report(report("b", 1))).toBe("away");
    expect(await outbox.report(report("a", 2))).toBe("away");
    expect(await outbox.count()).toBe(2);
    answer = "taken";
    await Promise.all([outbox.flush(), outbox.flush()]);
    expect(sent).toEqual(["b", "a"]);
    expect(await outbox.count()).toBe(0);
  });

  it("do not overtake older ones, and a refused one is told and makes way", async () => {
    const store = shelf();
    await store.put(report("old", 1));
    const told: string[] = [];
    const outbox = new Outbox(
      store,
      (one) => Promise.resolve(one.id === "old" ? { refused: "gone" } : "taken"),
      (one, why) => told.push(`${one.id}: ${why}`),
    );
    expect(await outbox.report(report("new", 2))).toBe("taken");
    expect(told).toEqual(["old: gone"]);
    expect(store.rows.size).toBe(0);
  });

  it.each([
    [200, "taken"],
    [303, "taken"],
    [401, "away"],
    [503, "away"],
  ])("answer %i means %s", (status, wanted) => expect(meaning(status, "")).toBe(wanted));

  it("keep the reason of a refusal", () => expect(meaning(409, "was delivered")).toEqual({ refused: "was delivered" }));
});
