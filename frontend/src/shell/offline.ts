/** Says so when there is no connection, and how old what is shown is; keeps the dashboard for that case. */
import { all, first, icon, make, meta } from "../dom";
import { locale, text } from "../texts";

/** When what is shown came from the hub. */
let fresh = new Date();

export function startOffline(): void {
  const keptAt = document.documentElement.dataset["keptAt"];
  if (keptAt !== undefined) {
    fresh = new Date(keptAt);
    for (const button of all<HTMLButtonElement>("main button[type=submit]")) button.disabled = true;
    window.addEventListener("online", () => window.location.reload());
    say();
    return;
  }
  document.body.addEventListener("htmx:afterSwap", () => {
    fresh = new Date();
  });
  window.addEventListener("offline", say);
  window.addEventListener("online", () => first("#kept")?.remove());
  if (!navigator.onLine) say();
  // Nothing is kept for someone who is not signed in.
  if (meta("live-cursor") !== null && "serviceWorker" in navigator) void register();
}

function say(): void {
  const time = fresh.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
  const words = make("span", {}, text("kept", { time }));
  const notice = make("div", { id: "kept", class: "notice notice-warning", role: "alert" }, icon("cloud-off"), words);
  first("#kept")?.remove();
  (first("main") ?? document.body).prepend(notice);
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker.register("/service-worker.js", { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    const files = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
    active?.postMessage({ files, board: window.location.pathname === "/jobs" && window.location.search === "" });
  } catch {
    // A browser that allows none, or an address without https: everything but the offline page works.
  }
}
