/** Times in the reader's language and zone; the relative ones age while the page is open. */
import { all } from "../dom";
import { locale } from "../texts";

const STEPS: [Intl.RelativeTimeFormatUnit, number, number][] = [
  ["minute", 60, 3600],
  ["hour", 3600, 86_400],
  ["day", 86_400, 7 * 86_400],
];
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" });
const styles: Record<string, Intl.DateTimeFormat> = {
  datetime: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }),
  date: new Intl.DateTimeFormat(locale, { dateStyle: "medium" }),
  time: new Intl.DateTimeFormat(locale, { timeStyle: "short" }),
};
const near = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });

/** Says *time* as seen at *now*: words within a week, the date after that. */
export function relative(time: Date, now: Date): string {
  const seconds = Math.round((time.getTime() - now.getTime()) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 45) return near.format(0, "second");
  for (const [unit, size, limit] of STEPS) if (distance < limit) return near.format(Math.round(seconds / size) || Math.sign(seconds), unit);
  return (styles["datetime"] as Intl.DateTimeFormat).format(time);
}

function write(): void {
  const now = new Date();
  for (const element of all<HTMLTimeElement>("time[datetime][data-time]")) {
    const style = element.dataset["time"] ?? "relative";
    if (style !== "relative" && element.title) continue;
    const time = new Date(element.dateTime);
    if (Number.isNaN(time.getTime())) continue;
    // A bare date has no zone to move it to.
    if (style === "date" && element.dateTime.length === 10) {
      element.textContent = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(time);
      continue;
    }
    const words = style === "relative" ? relative(time, now) : (styles[style] ?? styles["datetime"])?.format(time);
    if (words && element.textContent !== words) element.textContent = words;
    if (!element.title) element.title = full.format(time);
  }
}

export function startTimes(): void {
  write();
  document.body.addEventListener("htmx:afterSettle", write);
  window.setInterval(write, 30_000);
}
