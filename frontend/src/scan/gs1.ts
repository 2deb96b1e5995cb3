/** GS1 barcodes (GS1-128, DataMatrix, QR) on a device without a network: product, lot, expiry, serial number, count. */
export interface Gs1Label {
  /** 14 digits; empty: the barcode names no product. */
  gtin: string;
  lot: string;
  /** YYYY-MM-DD; empty: it says nothing. */
  expiresOn: string;
  serial: string;
  count: number | null;
}

const SEPARATOR = "\x1d";
const SYMBOLOGIES = ["]C1", "]d2", "]Q3", "]e0", "]J1"];
const SHORTEST = 16;
const LONGEST = 200;
/** Digits after the first two of an application identifier whose length is fixed; all others end at a separator. */
const FIXED: Record<string, number> = {
  "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "11": 6, "12": 6, "13": 6, "14": 6, "15": 6, "16": 6, "17": 6, "18": 6,
  "19": 6, "20": 2, "31": 8, "32": 8, "33": 8, "34": 8, "35": 8, "36": 8, "41": 14,
};

/** Whether the last of *digits* is the check digit of the others. */
export function checkDigitFits(digits: string): boolean {
  let sum = 0;
  for (const [place, digit] of [...digits.slice(0, -1)].reverse().entries()) sum += Number(digit) * (place % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10 === Number(digits.at(-1));
}

/** Returns what *code* says if it is a GS1 barcode; "damaged" for one that cannot be right; null for any other code. */
export function readGs1(code: string, year = new Date().getFullYear()): Gs1Label | "damaged" | null {
  let text = code.trim();
  if (text.length > LONGEST) return null;
  const prefix = SYMBOLOGIES.find((one) => text.startsWith(one));
  if (prefix) text = text.slice(prefix.length);
  const readable = text.startsWith("(");
  if (!prefix && !readable && !text.includes(SEPARATOR) && !(text.length > SHORTEST && /^\d{16}/.test(text))) return null;
  const found = readable ? fromReadable(text) : fromRaw(text);
  if (!found) return prefix || readable ? "damaged" : null;
  const gtin = found.get("01") ?? found.get("02") ?? "";
  if (gtin && !(/^\d{14}$/.test(gtin) && checkDigitFits(gtin))) return "damaged";
  const dated = found.get("17") ?? found.get("15");
  const expiresOn = dated === undefined ? "" : readDate(dated, year);
  if (expiresOn === null) return "damaged";
  const count = found.get("37") ?? found.get("30") ?? "";
  const label = {
    gtin,
    lot: found.get("10") ?? "",
    expiresOn,
    serial: found.get("21") ?? "",
    count: /^\d{1,8}$/.test(count) ? Number(count) : null,
  };
  return label.gtin || label.lot || label.expiresOn || label.serial || label.count !== null ? label : null;
}

function fromReadable(text: string): Map<string, string> | null {
  const found = new Map<string, string>();
  if (!/^(\(\d{2,4}\)[^()]+)+$/.test(text)) return null;
  for (const [, ai, value] of text.matchAll(/\((\d{2,4})\)([^()]+)/g)) found.set(ai ?? "", value ?? "");
  return found;
}

function fromRaw(text: string): Map<string, string> | null {
  const found = new Map<string, string>();
  let rest = text.replace(/^\x1d+|\x1d+$/g, "");
  while (rest) {
    const ai = rest.slice(0, 2);
    if (!/^\d{2}$/.test(ai)) return null;
    const fixed = FIXED[ai];
    const separator = rest.indexOf(SEPARATOR);
    const end = fixed === undefined ? (separator < 0 ? rest.length : separator) : fixed + 2;
    const value = rest.slice(2, end);
    if (!value || (fixed !== undefined && !(value.length === fixed && /^\d+$/.test(value)))) return null;
    found.set(ai, value);
    rest = rest.slice(end).replace(/^\x1d/, "");
  }
  return found;
}

/** YYMMDD with the century that lies nearest; day 00 is the end of the month. */
function readDate(digits: string, year: number): string | null {
  if (!/^\d{6}$/.test(digits)) return null;
  const [yy, month, day] = [Number(digits.slice(0, 2)), Number(digits.slice(2, 4)), Number(digits.slice(4))];
  const away = yy - (year % 100);
  const full = Math.floor(year / 100) * 100 + yy + (away >= 51 ? -100 : away <= -50 ? 100 : 0);
  const last = new Date(Date.UTC(full, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day > last) return null;
  return `${full}-${String(month).padStart(2, "0")}-${String(day || last).padStart(2, "0")}`;
}
