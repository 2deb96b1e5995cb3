/** Small behaviours: menus, sidebar, theme, copying, picking rows, saved views. */
import { all, first, meta, on } from "../dom";
import { text } from "../texts";
import { toast } from "../toast";
import { ask } from "./dialogs";

export function startPieces(): void {
  menus();
  sidebar();
  theme();
  copying();
  picking();
  savedViews();
  on("click", "[data-back]", () => window.history.back());
  // A list swaps itself when it is searched; a link beside it that stands for what is listed learns of it here.
  on("click", "a[data-with-query]", (link) => {
    const query = new URLSearchParams(window.location.search);
    for (const name of ["cursor", "trail"]) query.delete(name);
    (link as HTMLAnchorElement).search = query.toString();
  });
}

function menus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of all<HTMLDetailsElement>("details[data-menu][open]")) {
      const inside = event.target instanceof Node && menu.contains(event.target);
      const chosen = event.target instanceof Element && event.target.closest("a, button") !== null;
      if (!inside || chosen) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = first<HTMLDetailsElement>("details[data-menu][open]");
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      first("summary", menu)?.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = all("a[href], button", menu).filter((item) => item.closest(".menu-panel"));
      const now = items.indexOf(document.activeElement as HTMLElement);
      const next = items[(now + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length];
      if (next) {
        event.preventDefault();
        event.stopPropagation();
        next.focus();
      }
    }
  }, true);
}

function sidebar(): void {
  const side = first("#side");
  const opener = first("[data-side-open]");
  if (!side || !opener) return;
  const set = (open: boolean): void => {
    document.body.classList.toggle("side-is-open", open);
    opener.setAttribute("aria-expanded", String(open));
    for (const rest of all(".page")) rest.inert = open;
    if (open) first<HTMLElement>("a, button", side)?.focus();
    else opener.focus();
  };
  opener.addEventListener("click", () => set(true));
  on("click", "[data-side-close]", () => set(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("side-is-open")) set(false);
  });
  window.matchMedia("(min-width: 62rem)").addEventListener("change", (event) => {
    if (event.matches && document.body.classList.contains("side-is-open")) set(false);
  });
}

function theme(): void {
  on("click", "[data-theme-set]", (button) => {
    const chosen = button.dataset["themeSet"] ?? "auto";
    const secure = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${chosen}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    document.documentElement.dataset["theme"] = chosen;
    document.dispatchEvent(new Event("themechange"));
    for (const other of all("[data-theme-set]")) other.setAttribute("aria-pressed", String(other === button));
  });
}

function copying(): void {
  on("click", "[data-copy]", (button) => {
    // The clipboard exists only on https and localhost.
    const done = (navigator.clipboard as Clipboard | undefined)?.writeText(button.dataset["copy"] ?? "") ?? Promise.reject(new Error("no clipboard"));
    done.then(() => toast(text("copied"), "success"), () => toast(text("copy_failed"), "warning"));
  });
}

function picking(): void {
  let last: HTMLInputElement | null = null;
  const refresh = (list: Element): void => {
    const boxes = all<HTMLInputElement>("[data-pick]", list);
    const count = boxes.filter((box) => box.checked).length;
    const bar = first("[data-bulk]", list);
    if (bar) bar.hidden = count === 0;
    const label = first("[data-bulk-count]", list);
    if (label) label.textContent = String(count);
    const whole = first<HTMLInputElement>("[data-pick-all]", list);
    if (whole) {
      whole.checked = count > 0 && count === boxes.length;
      whole.indeterminate = count > 0 && count < boxes.length;
    }
    for (const box of boxes) box.closest("tr")?.classList.toggle("row-picked", box.checked);
  };
  on("click", "[data-pick]", (element, event) => {
    const box = element as HTMLInputElement;
    const list = box.closest("[data-list]");
    if (!list) return;
    if (event.shiftKey && last && list.contains(last)) {
      const boxes = all<HTMLInputElement>("[data-pick]", list);
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const between of boxes.slice(from, (to ?? 0) + 1)) between.checked = box.checked;
    }
    last = box;
    refresh(list);
  });
  on("change", "[data-pick-all]", (element) => {
    const list = element.closest("[data-list]");
    if (!list) return;
    for (const box of all<HTMLInputElement>("[data-pick]", list)) box.checked = (element as HTMLInputElement).checked;
    refresh(list);
  });
  on("click", "[data-pick-none]", (element) => {
    const list = element.closest("[data-list]");
    if (!list) return;
    for (const box of all<HTMLInputElement>("[data-pick]", list)) box.checked = false;
    refresh(list);
  });
  // A list that refreshes itself keeps what was picked and where the keyboard was.
  let kept: Set<string> | null = null;
  let row: string | null = null;
  let focused = false;
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<{ target: HTMLElement; requestConfig?: { elt: Element }; shouldSwap: boolean }>;
    const { target } = detail;
    if (!target.matches("[data-list]")) return;
    if (detail.requestConfig?.elt === target && inUse(target)) {
      detail.shouldSwap = false;
      target.dataset["stale"] = "yes";
      return;
    }
    kept = new Set(all<HTMLInputElement>("[data-pick]:checked", target).map((box) => box.value));
    row = first<HTMLElement>(".row-current", target)?.dataset["href"] ?? null;
    focused = target.contains(document.activeElement);
  });
  // What was answered while the reader was busy with the list is asked again when the dialog is closed.
  document.addEventListener("close", () => {
    for (const list of all("[data-list][data-stale]")) {
      delete list.dataset["stale"];
      list.dispatchEvent(new Event("refresh"));
    }
  }, true);
  document.body.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    const [picked, place, hadFocus] = [kept, row, focused];
    kept = null;
    for (const list of all("[data-list]")) {
      for (const box of all<HTMLInputElement>("[data-pick]", list)) box.checked = picked.has(box.value);
      refresh(list);
      const same = place === null ? null : first(`tr[data-href="${CSS.escape(place)}"]`, list);
      same?.classList.add("row-current");
      if (hadFocus && same) first<HTMLElement>("a[href]", same)?.focus({ preventScroll: true });
    }
  });
}

/** Whether replacing *list* now would take something out of the reader's hands. */
function inUse(list: Element): boolean {
  return document.querySelector("dialog[open]") !== null || list.querySelector("details[open]") !== null;
}

function savedViews(): void {
  on("click", "[data-save-view]", (button) => {
    const toolbar = button.closest<HTMLFormElement>("form");
    if (!toolbar) return;
    void ask({ message: button.title, field: text("view_name"), ok: text("save") }).then((name) => {
      if (name === null || name.trim() === "") return;
      const form = document.createElement("form");
      form.method = "post";
      form.action = button.dataset["saveView"] ?? "";
      const query = new URLSearchParams([...new FormData(toolbar)].flatMap(([key, value]) => (typeof value === "string" && value ? [[key, value]] : [])));
      for (const [key, value] of [["name", name.trim()], ["query", query.toString()], ["_csrf_token", meta("csrf-token") ?? ""]] as const) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = key;
        field.value = value;
        form.append(field);
      }
      document.body.append(form);
      form.submit();
    });
  });
}
