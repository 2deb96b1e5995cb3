/** Forms: unsaved input is not lost, a form is sent once, files can be dropped, passwords shown, mistakes found. */
import { first, on } from "../dom";
import { locale, text } from "../texts";
import { ask } from "./dialogs";

const dirty = new Set<HTMLFormElement>();

export function startForms(): void {
  const touch = (event: Event): void => {
    const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("form[data-guard]") : null;
    if (form) dirty.add(form);
  };
  document.addEventListener("input", touch);
  document.addEventListener("change", touch);
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    dirty.delete(form);
    if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
    // The second click of a double click must not send the form again; the browser's back button brings it back usable.
    if (form.dataset["sent"]) {
      event.preventDefault();
      return;
    }
    form.dataset["sent"] = "yes";
    form.setAttribute("aria-busy", "true");
    window.setTimeout(() => release(form), 10_000);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll<HTMLFormElement>("form[data-sent]").forEach(release));
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt } = (event as CustomEvent<{ elt: Element }>).detail;
    if (elt instanceof HTMLFormElement) release(elt);
  });
  window.addEventListener("beforeunload", (event) => {
    if (hasUnsaved()) event.preventDefault();
  });
  on("click", "a[href]", (element, event) => {
    const link = element as HTMLAnchorElement;
    const elsewhere = link.target === "_blank" || event.ctrlKey || event.metaKey || event.shiftKey || link.getAttribute("href")?.startsWith("#");
    if (event.defaultPrevented || elsewhere || !hasUnsaved()) return;
    event.preventDefault();
    void ask({ message: text("unsaved"), ok: text("leave"), tone: "danger" }).then((answer) => {
      if (answer === null) return;
      dirty.clear();
      window.location.assign(link.href);
    });
  });

  on("click", "[data-reveal]", (button) => {
    const field = document.getElementById(button.dataset["reveal"] ?? "");
    if (!(field instanceof HTMLInputElement)) return;
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.setAttribute("aria-pressed", String(hidden));
  });

  for (const type of ["dragenter", "dragover"] as const) on(type, "[data-drop]", (drop) => drop.classList.add("drop-over"));
  for (const type of ["dragleave", "drop"] as const) on(type, "[data-drop]", (drop) => drop.classList.remove("drop-over"));
  on("change", "[data-drop] input[type=file]", (element) => {
    const { files } = element as HTMLInputElement;
    const place = element.closest("[data-drop]");
    const words = place ? first("[data-drop-text]", place) : null;
    if (!files || !words || files.length === 0) return;
    words.textContent = [...files].map((file) => text("dropped", { name: file.name, size: bytes(file.size) })).join("; ");
    place?.classList.add("drop-full");
  });
  showMistakes();
  document.body.addEventListener("htmx:afterSettle", showMistakes);
}

export function hasUnsaved(): boolean {
  return [...dirty].some((form) => form.isConnected);
}

function release(form: HTMLFormElement): void {
  delete form.dataset["sent"];
  form.removeAttribute("aria-busy");
}

function showMistakes(): void {
  const summary = first("[data-error-summary]:not([data-shown])");
  if (!summary) return;
  summary.dataset["shown"] = "yes";
  summary.focus();
}

function bytes(size: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, size > 0 ? Math.floor(Math.log10(size) / 3) : 0);
  const options: Intl.NumberFormatOptions = { style: "unit", unit: units[step] ?? "byte", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(locale, options).format(size / 1000 ** step);
}
