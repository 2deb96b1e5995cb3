import { describe, expect, test } from "vitest";
import { ScannerDetector } from "./scanner";

function type(detector: ScannerDetector, keys: string, from: number, gap: number) {
  let at = from;
  for (const key of keys) {
    expect(detector.key(key, at)).toBeNull();
    at += gap;
  }
  return detector.key("Enter", at);
}

describe("a scanner among people", () => {
  test("a fast burst with Enter is a scan", () => {
    expect(type(new ScannerDetector(), "8712345678906", 1000, 8)).toEqual({ code: "8712345678906", repeat: false });
  });
  test("a hand is not a scanner", () => {
    expect(type(new ScannerDetector(), "A-03-2-07", 1000, 120)).toBeNull();
  });
  test("keys before a pause do not belong to the scan", () => {
    const detector = new ScannerDetector();
    detector.key("j", 1000);
    expect(type(detector, "MUG-1", 2000, 10)?.code).toBe("MUG-1");
  });
  test("Shift and the like are no part of a code", () => {
    const detector = new ScannerDetector();
    for (const [at, key] of ["Shift", "A", "Shift", "B", "1"].entries()) detector.key(key, 1000 + at * 5);
    expect(detector.key("Enter", 1030)?.code).toBe("AB1");
  });
  test("the same code at once is the same pull of the trigger, later it is a second piece", () => {
    const detector = new ScannerDetector();
    expect(type(detector, "MUG-1", 1000, 10)?.repeat).toBe(false);
    expect(type(detector, "MUG-1", 1200, 10)?.repeat).toBe(true);
    expect(type(detector, "MUG-1", 5000, 10)?.repeat).toBe(false);
  });
  test("a second Enter sends nothing", () => {
    const detector = new ScannerDetector();
    expect(type(detector, "MUG-1", 1000, 10)).not.toBeNull();
    expect(detector.key("Enter", 1060)).toBeNull();
  });
});
