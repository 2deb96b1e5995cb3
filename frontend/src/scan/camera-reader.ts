/** Reads barcodes in pictures for browsers that cannot: ZXing, in plain JavaScript, so that the strict policy of the pages stays. */
import {
  BarcodeFormat,
  BinaryBitmap,
  DataMatrixReader,
  DecodeHintType,
  HybridBinarizer,
  type LuminanceSource,
  MultiFormatOneDReader,
  QRCodeReader,
  RGBLuminanceSource,
} from "@zxing/library";
import type { Reader } from "./camera";

const LONGEST_SIDE = 960;
const HINTS = new Map<DecodeHintType, unknown>([
  [
    DecodeHintType.POSSIBLE_FORMATS,
    [
      BarcodeFormat.EAN_13, BarcodeFormat.EAN_8, BarcodeFormat.UPC_A, BarcodeFormat.UPC_E, BarcodeFormat.CODE_128,
      BarcodeFormat.CODE_39, BarcodeFormat.ITF,
    ],
  ],
  [DecodeHintType.ASSUME_GS1, true],
]);
// Not its reader of everything: that would load kinds of barcodes that no warehouse has.
const READERS = [new MultiFormatOneDReader(HINTS), new DataMatrixReader(), new QRCodeReader()];

/** Returns the code in a picture, or nothing. */
export function readPicture(source: LuminanceSource): string | null {
  const picture = new BinaryBitmap(new HybridBinarizer(source));
  for (const reader of READERS) {
    try {
      return reader.decode(picture, HINTS).getText();
    } catch {
      reader.reset(); // most pictures hold none
    }
  }
  return null;
}

/** Grey values of RGBA pixels. */
export function grey(pixels: Uint8ClampedArray): Uint8ClampedArray {
  const found = new Uint8ClampedArray(pixels.length / 4);
  for (let at = 0; at < found.length; at += 1) {
    found[at] = ((pixels[at * 4] ?? 0) * 77 + (pixels[at * 4 + 1] ?? 0) * 150 + (pixels[at * 4 + 2] ?? 0) * 29) >> 8;
  }
  return found;
}

export class PictureReader implements Reader {
  readonly #canvas = document.createElement("canvas");

  detect(video: HTMLVideoElement): Promise<{ rawValue: string }[]> {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight, 1));
    const [width, height] = [Math.floor(video.videoWidth * scale), Math.floor(video.videoHeight * scale)];
    const paper = this.#canvas.getContext("2d", { willReadFrequently: true });
    if (!paper || !width || !height) return Promise.resolve([]);
    [this.#canvas.width, this.#canvas.height] = [width, height];
    paper.drawImage(video, 0, 0, width, height);
    const code = readPicture(new RGBLuminanceSource(grey(paper.getImageData(0, 0, width, height).data), width, height));
    return Promise.resolve(code ? [{ rawValue: code }] : []);
  }
}
