import { BarcodeFormat, MultiFormatWriter, RGBLuminanceSource } from "@zxing/library";
import { describe, expect, test } from "vitest";
import { Sight } from "./camera";
import { grey, readPicture } from "./camera-reader";
import { netOf } from "./hub";

function drawn(text: string): RGBLuminanceSource {
  const size = 240;
  const matrix = new MultiFormatWriter().encode(text, BarcodeFormat.QR_CODE, size, size, new Map());
  const pixels = new Uint8ClampedArray(size * size * 4);
  for (let y = 0; y < size; y += 1) for (let x = 0; x < size; x += 1) pixels.fill(matrix.get(x, y) ? 0 : 255, (y * size + x) * 4, (y * size + x) * 4 + 4);
  return new RGBLuminanceSource(grey(pixels), size, size);
}

describe("the camera", () => {
  test("reads a code in a picture, and nothing where there is none", () => {
    expect(readPicture(drawn("(01)09506000134352(10)L-1"))).toBe("(01)09506000134352(10)L-1");
    expect(readPicture(new RGBLuminanceSource(new Uint8ClampedArray(10_000).fill(128), 100, 100))).toBeNull();
  });
  test("a code that stays in sight is one scan; away and back, it is a second piece", () => {
    const sight = new Sight();
    expect([0, 500, 1000, 2500, 3000].map((at) => sight.isNew("MUG", at))).toEqual([true, false, false, true, false]);
    expect(sight.isNew("CUP", 3000)).toBe(true);
  });
});

test("what a refusal says about the way to the hub", () => {
  const why = (status: number, type = "") => netOf({ status, type, detail: "", name: "" });
  expect([netOf(null), why(503), why(429), why(401), why(403), why(403, "x/fulfilment.scans_of_another"), why(404)]).toEqual([
    "offline", "offline", "offline", "signed_out", "signed_out", "other_person", "stuck",
  ]);
});
