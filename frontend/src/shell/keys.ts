/** The keyboard: go-to keys, rows, search, help.  Nothing happens while a field has the focus. */
import { all, first, isTyping, on } from "../dom";
import { openPalette, pages } from "./palette";

const SEQUENCE_MS = 1200;

export function startKeys(): void {
  const go = new Map(pages().flatMap((page) => (page.shortcut ? [[page.shortcut.toLowerCase(), page.url] as const] : [])));
  let before = "";
  let at = 0;

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const sequence = event.timeStamp - at < SEQUENCE_MS ? `${before} ${key}` : key;
    before = key;
    at = event.timeStamp;
    const url = go.get(sequence);
    if (url) {
      event.preventDefault();
      window.location.assign(url);
      return;
    }
    // The second key of a pair that may still come must not act alone: "g" opens nothing by itself.
    if (act(key, event)) event.preventDefault();
  });
  on("click", "[data-shortcuts-open]", showShortcuts);

  // The whole row opens, links and buttons in it keep their own meaning; the mouse's middle button and Ctrl open a tab.
  on("click", "tr[data-href]", (row, event) => {
    if ((event.target as Element).closest("a, button, input, label, summary, select")) return;
    if (window.getSelection()?.toString()) return;
    const href = row.dataset["href"] ?? "";
    if (event.ctrlKey || event.metaKey) window.open(href, "_blank", "noopener");
    else window.location.assign(href);
  });
}

function act(key: string, event: KeyboardEvent): boolean {
  const onControl = event.target instanceof Element && event.target.closest("a, button, summary, input") !== null;
  switch (key) {
    case "/": {
      const field = first<HTMLInputElement>("[data-page-search]");
      if (field) {
        field.focus();
        field.select();
      } else openPalette();
      return true;
    }
    case "?":
      showShortcuts();
      return true;
    case "j":
      return step(1);
    case "k":
      return step(-1);
    case "ArrowDown":
      return current() !== null && step(1);
    case "ArrowUp":
      return current() !== null && step(-1);
    case "Enter": {
      const row = current();
      if (!row || onControl) return false;
      const href = row.dataset["href"] ?? first<HTMLAnchorElement>("a[href]", row)?.href;
      if (href) window.location.assign(href);
      return Boolean(href);
    }
    case "x": {
      const box = first<HTMLInputElement>("[data-pick]", current() ?? document.createElement("i"));
      box?.click();
      return box !== null;
    }
    case "Escape": {
      const row = current();
      row?.classList.remove("row-current");
      return row !== null;
    }
    default:
      return false;
  }
}

function rows(): HTMLTableRowElement[] {
  return all<HTMLTableRowElement>("[data-rows] > tr");
}

function current(): HTMLElement | null {
  return first(".row-current");
}

function step(by: number): boolean {
  const list = rows();
  if (list.length === 0) return false;
  const now = list.findIndex((row) => row.classList.contains("row-current"));
  const next = list[Math.min(list.length - 1, Math.max(0, now < 0 ? (by > 0 ? 0 : list.length - 1) : now + by))];
  list[now]?.classList.remove("row-current");
  next?.classList.add("row-current");
  next?.scrollIntoView({ block: "nearest" });
  // The focus goes along, so that a screen reader says the row; to its link, as Enter on a check box opens nothing.
  (next ? (first<HTMLElement>("a[href]", next) ?? first<HTMLElement>("[data-pick]", next)) : null)?.focus({ preventScroll: true });
  return true;
}

function showShortcuts(): void {
  first<HTMLDialogElement>("#shortcuts")?.showModal();
}
