/**
 * Scanner pages: listens to the whole page, so a scan counts wherever the focus is; says with sound and vibration what became
 * of it, because the picker looks at the shelf and not at the screen.
 */
import { all, first, isTyping, on } from "./dom";
import { signal, wakeAudio } from "./scan/sound";
import { ScannerDetector } from "./scanner";

const detector = new ScannerDetector();
/** How scanners type the separator of GS1 barcodes, which has no key. */
const SEPARATORS = new Set(["ctrl+]", "F8"]);

function form(): HTMLFormElement | null {
  return first<HTMLFormElement>("[data-scan-form]");
}

function field(): HTMLInputElement | null {
  return first<HTMLInputElement>("[data-scan-form] [data-scan-input]");
}

function focusField(): void {
  if (isTyping(document.activeElement) || document.querySelector("dialog[open]")) return;
  field()?.focus({ preventScroll: true });
}

function send(code: string): void {
  const event = new CustomEvent("scan", { detail: { code }, bubbles: true, cancelable: true });
  if (!document.body.dispatchEvent(event)) return;
  const target = form();
  const input = field();
  if (!target || !input) return;
  input.value = code;
  submitting = true;
  target.requestSubmit();
  submitting = false;
}

let submitting = false;

document.addEventListener(
  "keydown",
  (event) => {
    wakeAudio();
    if (SEPARATORS.has(`${event.ctrlKey ? "ctrl+" : ""}${event.key}`) && detector.inBurst) {
      detector.key("\x1d", event.timeStamp);
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const done = detector.key(event.key, event.timeStamp);
    if (!done) {
      // The rest of a burst must neither press a button nor call a shortcut.
      if (detector.inBurst && !isTyping(event.target)) event.stopPropagation();
      return;
    }
    const own = event.target instanceof Element && event.target.closest("[data-scan-form]");
    const foreign = isTyping(event.target) && !own;
    event.preventDefault();
    event.stopPropagation();
    if (foreign && event.target instanceof HTMLInputElement && event.target.value.endsWith(done.code)) {
      // The scan landed in another field: take it out again.
      event.target.value = event.target.value.slice(0, -done.code.length);
    }
    const input = field();
    let { code, repeat } = done;
    if (own && input) {
      // Keys that came slowly, from a scanner at the edge of its reach: what stands in the box is what was scanned.
      const whole = input.value.trim();
      if (whole.length > code.length && whole.endsWith(code)) [code, repeat] = [whole, detector.isRepeat(whole, event.timeStamp)];
      input.value = "";
    }
    if (!repeat) send(code);
  },
  true,
);
document.addEventListener("pointerdown", wakeAudio, true);

on("submit", "[data-scan-form]", (element, event) => {
  const input = field();
  if (!input || input.value.trim() === "") {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // Typed by hand: Enter pressed twice must not count twice either.
  if (!submitting && detector.isRepeat(input.value.trim(), event.timeStamp)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    input.value = "";
    return;
  }
  element.classList.add("scan-sent");
});

on("click", "[data-scan-keyboard]", (button) => {
  const input = field();
  if (!input) return;
  const pressed = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!pressed));
  // inputmode none keeps the on-screen keyboard away while a scanner does the typing.
  input.inputMode = pressed ? "none" : "text";
  input.blur();
  input.focus();
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const element = (event as CustomEvent<{ elt: Element }>).detail.elt;
  if (element.matches("[data-scan-form]")) {
    const input = field();
    // The value is in the request already; the box is free for the next scan.
    if (input) input.value = "";
  }
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful } = (event as CustomEvent<{ elt: Element; successful: boolean }>).detail;
  if (!elt.matches("[data-scan-form]")) return;
  elt.classList.remove("scan-sent");
  if (!successful) signal("error");
  focusField();
});
document.body.addEventListener("htmx:afterSwap", () => {
  for (const task of all("[data-scan-result]")) {
    const result = task.dataset["scanResult"];
    delete task.dataset["scanResult"];
    if (result === "ok" || result === "error") signal(result);
  }
  focusField();
});
document.addEventListener("focusout", () => window.setTimeout(() => document.activeElement === document.body && focusField(), 150));
focusField();
