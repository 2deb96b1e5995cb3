/** Says so when there is no connection, and how old what is shown is; keeps the dashboard, the scanning app and a driver's routes for that case. */
import { all, first, icon, make, meta } from "../dom";
import { backOff } from "../live/coalesce";
import { hasUnsaved } from "./forms";
import { locale, text } from "../texts";

/** When what is shown came from the hub. */
let fresh = new Date();
const PATIENCE_MS = 8_000;
let looking = 0;
let failed = 0;

export function startOffline(): void {
  const keptAt = document.documentElement.dataset["keptAt"];
  if (keptAt !== undefined) {
    fresh = new Date(keptAt);
    // A driver's reports wait on the phone; nothing else can be sent.
    for (const button of all<HTMLButtonElement>("main button[type=submit]")) button.disabled = !button.closest("[data-report]");
    say();
    look(() => {
      // Who writes a name, or has the buyer sign, is not interrupted: the report goes out, and then the page is new.
      if (hasUnsaved() || all<HTMLInputElement>('[name="signature"]').some((one) => one.value !== "")) first("#kept")?.remove();
      else window.location.reload();
    });
    return;
  }
  // Nothing is kept for someone who is not signed in.
  const mayKeep = meta("live-cursor") !== null && "serviceWorker" in navigator;
  if (document.body.classList.contains("works-offline")) {
    if (mayKeep) void register();
    return;
  }
  document.body.addEventListener("htmx:afterSwap", () => {
    fresh = new Date();
  });
  const lost = (): void => {
    if (!first("#kept")) look(() => first("#kept")?.remove());
    say();
  };
  window.addEventListener("offline", lost);
  if (!navigator.onLine) lost();
  if (mayKeep) void register();
}

function say(): void {
  const time = fresh.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
  const words = make("span", {}, text(first("[data-keep-page]") ? "kept_route" : "kept", { time }));
  const notice = make("div", { id: "kept", class: "notice notice-warning", role: "alert" }, icon("cloud-off"), words);
  first("#kept")?.remove();
  (first("main") ?? document.body).prepend(notice);
}

/**
 * Asks for the hub until it answers: soon at first, then less often, and at once when there may be a reason.
 *
 * That the browser thinks to be online again says little: the first request may fail all the same, and no second event comes.
 */
function look(found: () => void): void {
  failed = 0;
  const ask = async (): Promise<void> => {
    window.clearTimeout(looking);
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
    window.clearTimeout(looking);
    if (answer?.ok) {
      window.removeEventListener("online", again);
      document.removeEventListener("visibilitychange", again);
      found();
      return;
    }
    failed += 1;
    looking = window.setTimeout(() => void ask(), 1000 * backOff(failed));
  };
  const again = (): void => {
    failed = 0;
    if (!document.hidden) void ask();
  };
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", again);
  looking = window.setTimeout(() => void ask(), 1000);
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker.register("/service-worker.js", { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    const files = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
    const { pathname, search } = window.location;
    const route = first("[data-keep-page]") ? { route: pathname } : {};
    active?.postMessage({ files, board: pathname === "/jobs" && search === "", scan: pathname === "/fulfilment/scan", ...route });
  } catch {
    // A browser that allows none, or an address without https: everything but the offline page works.
  }
}
