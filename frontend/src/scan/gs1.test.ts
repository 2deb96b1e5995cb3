import { describe, expect, test } from "vitest";
import { checkDigitFits, readGs1 } from "./gs1";

const MUG = "09506000134352";

describe("GS1 barcodes on a device", () => {
  test.each([
    [`]d201${MUG}1728013110L-1`, { gtin: MUG, lot: "L-1", expiresOn: "2028-01-31", serial: "", count: null }],
    [`]C101${MUG}10L-1\x1d21S9`, { gtin: MUG, lot: "L-1", expiresOn: "", serial: "S9", count: null }],
    [`(01)${MUG}(10)L-1(30)24`, { gtin: MUG, lot: "L-1", expiresOn: "", serial: "", count: 24 }],
    [`01${MUG}172802003712`, { gtin: MUG, lot: "", expiresOn: "2028-02-29", serial: "", count: 12 }],
    [`\x1d10ABC`, { gtin: "", lot: "ABC", expiresOn: "", serial: "", count: null }],
  ])("%j is read", (code, label) => {
    expect(readGs1(code, 2026)).toEqual(label);
  });
  test.each(["9506000134352", "A-01", "MUG-1", "", "1Z999AA10123456784", "x".repeat(300)])("%j is none", (code) => {
    expect(readGs1(code)).toBeNull();
  });
  test.each([`]d201${MUG.slice(0, -1)}3`, "]d201123", `(01)${MUG}(17)281301`, "(01)", `]C1AB${MUG}`])("%j is damaged", (code) => {
    expect(readGs1(code)).toBe("damaged");
  });
  test("the century is the nearest", () => {
    expect(readGs1(`]d201${MUG}17990101`, 2026)).toMatchObject({ expiresOn: "1999-01-01" });
    expect(readGs1(`]d201${MUG}17020101`, 2080)).toMatchObject({ expiresOn: "2102-01-01" });
  });
  test("check digits", () => {
    expect(checkDigitFits("4006381333931")).toBe(true);
    expect(checkDigitFits("4006381333932")).toBe(false);
  });
});
