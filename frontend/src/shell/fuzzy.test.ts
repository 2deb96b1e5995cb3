import { expect, test } from "vitest";
import { score } from "./fuzzy";

test("the start of a name beats its middle, letters in order beat nothing", () => {
  const names = ["Needs attention", "Orders", "Purchase orders", "Order import"];
  expect(names.filter((name) => score("ord", name) > 0).sort((a, b) => score("ord", b) - score("ord", a))).toEqual(["Orders", "Order import", "Purchase orders"]);
  expect(score("nat", "Needs attention")).toBeGreaterThan(0);
  expect(score("xyz", "Orders")).toBe(0);
});
test("accents do not matter", () => expect(score("lager", "Läger")).toBeGreaterThan(0));
