/** The command palette: pages by name at once, orders, products and the like from /search.json while typing. */
import { first, icon, make, on } from "../dom";
import { text } from "../texts";
import { score } from "./fuzzy";

export interface Page {
  label: string;
  section: string;
  url: string;
  icon: string;
  shortcut: string | null;
}
interface Hit {
  label: string;
  hint?: string;
  url: string;
  icon?: string;
}

export function pages(): Page[] {
  return JSON.parse(first("#nav-data")?.textContent ?? "[]") as Page[];
}

export function startPalette(): void {
  const dialog = first<HTMLDialogElement>("#palette");
  const input = dialog ? first<HTMLInputElement>("[data-palette-input]", dialog) : null;
  const list = dialog ? first("[data-palette-list]", dialog) : null;
  if (!dialog || !input || !list) return;
  const known = pages();
  let chosen = 0;
  let asking: AbortController | null = null;
  let timer = 0;

  const options = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>('[role="option"]')];
  const choose = (index: number): void => {
    const all = options();
    chosen = all.length === 0 ? 0 : (index + all.length) % all.length;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    const current = all[chosen];
    if (current) {
      input.setAttribute("aria-activedescendant", current.id);
      current.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const option = (hit: Hit, at: number): HTMLElement => {
    const item = make("li", { role: "option", id: `palette-${at}`, "data-url": hit.url, class: "palette-item" });
    item.append(icon(hit.icon ?? "arrow-right"), make("span", { class: "palette-label" }, hit.label), make("span", { class: "palette-hint" }, hit.hint ?? ""));
    return item;
  };
  const note = (words: string): HTMLElement => make("li", { class: "palette-note", role: "presentation" }, words);

  const draw = (hits: Hit[] | null, query: string): void => {
    const found = known
      .map((page) => ({ page, points: Math.max(score(query, page.label), score(query, `${page.section} ${page.label}`) * 0.9) }))
      .filter(({ points }) => points > 0)
      .sort((a, b) => (query === "" ? 0 : b.points - a.points))
      .slice(0, query === "" ? 20 : 6);
    const rows: HTMLElement[] = [];
    if (hits && hits.length > 0) {
      rows.push(note(text("results")));
      hits.forEach((hit, at) => rows.push(option(hit, at)));
    }
    if (found.length > 0) {
      rows.push(note(text("pages")));
      found.forEach(({ page }, at) => {
        const hint = page.shortcut ? page.shortcut.toUpperCase() : page.section;
        rows.push(option({ label: page.label, hint, url: page.url, icon: page.icon }, at + 100));
      });
    }
    if (hits === null && query.length > 1) rows.push(note(text("searching")));
    else if (rows.length === 0) rows.push(note(text("nothing_found", { query })));
    list.replaceChildren(...rows);
    choose(0);
  };
  const search = (): void => {
    const query = input.value.trim();
    asking?.abort();
    window.clearTimeout(timer);
    draw(query.length > 1 ? null : [], query);
    if (query.length < 2) return;
    timer = window.setTimeout(() => {
      const { signal } = (asking = new AbortController());
      fetch(`/search.json?q=${encodeURIComponent(query)}`, { signal, headers: { Accept: "application/json" } })
        .then((response) => (response.ok ? (response.json() as Promise<Hit[]>) : []))
        .then((hits) => draw(hits, query))
        .catch((reason: unknown) => {
          if (!signal.aborted) draw([], query);
          return reason;
        });
    }, 150);
  };
  const go = (item: HTMLElement | undefined): void => {
    const url = item?.dataset["url"];
    if (url) window.location.assign(url);
  };

  openPalette = () => {
    if (dialog.open) return;
    input.value = "";
    draw([], "");
    dialog.showModal();
    input.focus();
  };
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(options()[chosen]);
    }
  });
  list.addEventListener("click", (event) => go((event.target as Element).closest<HTMLElement>('[role="option"]') ?? undefined));
  on("click", "[data-palette-open]", () => openPalette());
}

export let openPalette = (): void => undefined;
