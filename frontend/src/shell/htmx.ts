/** htmx as the product uses it: CSRF on every request, errors in words, a line on top while something is under way. */
import htmx from "htmx.org";
import { first, meta } from "../dom";
import { text } from "../texts";
import { toast } from "../toast";

interface RequestDetail {
  headers: Record<string, string>;
}
interface SwapDetail {
  xhr: XMLHttpRequest;
  shouldSwap: boolean;
  isError: boolean;
}

export function startHtmx(): void {
  // The policy of the pages forbids eval and style elements made by scripts.
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  // Nor may a style attribute be carried from an element to the one that replaces it.
  htmx.config.attributesToSettle = ["class", "width", "height"];
  htmx.config.selfRequestsOnly = true;
  htmx.config.historyCacheSize = 0;
  htmx.config.refreshOnHistoryMiss = true;
  htmx.config.defaultFocusScroll = false;
  htmx.config.scrollIntoViewOnBoost = false;
  htmx.config.timeout = 30_000;

  const body = document.body;
  body.addEventListener("htmx:configRequest", (event) => {
    const token = meta("csrf-token");
    if (token) (event as CustomEvent<RequestDetail>).detail.headers["x-csrftoken"] = token;
  });
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<SwapDetail>;
    const { status } = detail.xhr;
    if (status < 400) return;
    const html = (detail.xhr.getResponseHeader("content-type") ?? "").startsWith("text/html");
    // An error that says where it wants to be shown, or a form sent back with its mistakes, is shown there.
    if (html && (detail.xhr.getResponseHeader("HX-Retarget") !== null || status === 422)) {
      detail.shouldSwap = true;
      detail.isError = false;
      return;
    }
    detail.shouldSwap = false;
    toast(sentence(detail.xhr), "danger");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) body.addEventListener(name, () => toast(text("network"), "danger"));

  // What somebody has begun to fill in is not taken out of their hands because something happened elsewhere.
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<{ target: HTMLElement; requestConfig?: { triggeringEvent?: Event }; shouldSwap: boolean }>;
    if (detail.requestConfig?.triggeringEvent?.type.startsWith("live:") && begun(detail.target)) detail.shouldSwap = false;
  });

  // Nor is what somebody presses: where the element that went down is gone, there is no click.
  let pressed: Node | null = null;
  const held = new Set<string>();
  // Of other buttons the letting go may never be told: a menu takes it.
  document.addEventListener("pointerdown", ({ target, button }) => (pressed = button === 0 ? (target as Node) : null), true);
  const release = (): void => {
    pressed = null;
    const missed = [...held];
    held.clear();
    // After the click, which comes next.
    if (missed.length > 0) window.setTimeout(() => missed.forEach((name) => body.dispatchEvent(new CustomEvent(name))));
  };
  for (const name of ["pointerup", "pointercancel", "contextmenu"]) document.addEventListener(name, release, true);
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event as CustomEvent<{ target: HTMLElement; requestConfig?: { triggeringEvent?: Event }; shouldSwap: boolean }>;
    const name = detail.requestConfig?.triggeringEvent?.type ?? "";
    if (!name.startsWith("live:") || !detail.target.contains(pressed)) return;
    detail.shouldSwap = false;
    held.add(name);
  });
  // A search is sent while it is typed.  Leaving its field for a row must not have that row drawn anew, either.
  document.addEventListener("change", (event) => {
    if (event.target instanceof Element && event.target.matches("input[data-page-search]")) event.stopPropagation();
  }, true);

  let open = 0;
  const line = first("#net-line");
  const show = (change: number): void => {
    open = Math.max(0, open + change);
    line?.classList.toggle("net-line-on", open > 0);
  };
  body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = (event as CustomEvent<{ elt: Element }>).detail;
    if (!navigator.onLine && elt.matches("[data-when-online]")) event.preventDefault();
    else show(1);
  });
  body.addEventListener("htmx:afterRequest", () => show(-1));
}

/** Whether a plain form within *part* says something else than when it was drawn. */
function begun(part: HTMLElement): boolean {
  const fields = "form[method=post]:not([hx-post], [data-bulk-form]) :is(input:not([type=hidden]), textarea, option)";
  return [...part.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLOptionElement>(fields)].some((field) => {
    if (field instanceof HTMLOptionElement) return field.selected !== field.defaultSelected && field.closest("select")?.querySelector("[selected]") !== null;
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  });
}

/** Problem details carry a sentence; anything else is named by its number. */
function sentence(xhr: XMLHttpRequest): string {
  if ((xhr.getResponseHeader("content-type") ?? "").includes("json")) {
    try {
      const { detail } = JSON.parse(xhr.responseText) as { detail?: unknown };
      if (typeof detail === "string") return detail;
    } catch {
      // Not JSON after all.
    }
  }
  return text("failed", { status: xhr.status });
}
