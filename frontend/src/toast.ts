/** Messages in the corner: made here or sent by the server as _toast.html into #toasts. */
import { all, first, icon, make, on } from "./dom";
import { text } from "./texts";

export type Tone = "info" | "success" | "warning" | "danger";
const ICONS: Record<Tone, string> = { info: "info-circle", success: "circle-check", warning: "alert-triangle", danger: "alert-circle" };
const STAY_MS = 6000;

export function toast(message: string, tone: Tone = "info"): void {
  const region = first("#toasts");
  if (!region) return;
  // The same sentence twice is one message.
  for (const shown of all("[data-toast] p", region)) if (shown.textContent === message) shown.closest("[data-toast]")?.remove();
  const close = make("button", { type: "button", class: "toast-close", "data-toast-close": "", "aria-label": text("close") });
  close.append(icon("x", "icon-sm"));
  const role = tone === "danger" ? "alert" : "status";
  const card = make("div", { class: `toast-card toast-${tone}`, role, "data-toast": "" }, make("p", {}, message), close);
  card.prepend(icon(ICONS[tone]));
  region.append(card);
}

function settle(card: HTMLElement): void {
  // What went wrong stays until it is read; the rest leaves by itself unless the reader is on it.
  if (card.classList.contains("toast-danger") || card.dataset["settled"]) return;
  card.dataset["settled"] = "yes";
  const leave = (): void => {
    if (card.matches(":hover, :focus-within")) window.setTimeout(leave, 2000);
    else card.remove();
  };
  window.setTimeout(leave, STAY_MS);
}

export function startToasts(): void {
  const region = first("#toasts");
  if (!region) return;
  all("[data-toast]", region).forEach(settle);
  new MutationObserver(() => {
    all("[data-toast]", region).forEach(settle);
    const cards = all("[data-toast]", region);
    for (const old of cards.slice(0, Math.max(0, cards.length - 5))) old.remove();
  }).observe(region, { childList: true });
  on("click", "[data-toast-close]", (button) => button.closest("[data-toast]")?.remove());
}
