/** Questions asked in a <dialog>: data-confirm on forms, buttons and links, hx-confirm on htmx elements. */
import { make } from "../dom";
import { text } from "../texts";

export interface Question {
  message: string;
  ok?: string;
  tone?: string;
  /** Ask for a text with this label; the answer is the text. */
  field?: string;
}

/** Resolves to the text (or "yes"), or to null when the user thought better of it. */
export function ask({ message, ok, tone = "primary", field }: Question): Promise<string | null> {
  return new Promise((resolve) => {
    const input = field === undefined ? null : make("input", { class: "form-control", name: "answer", required: "", maxlength: "80" });
    const dialog = make("dialog", { class: "sheet ask", "aria-labelledby": "ask-text" });
    const form = make("form", { method: "dialog" });
    form.append(make("p", { id: "ask-text", class: "ask-text" }, message));
    if (input && field !== undefined) form.append(make("label", { class: "form-label" }, field, input));
    const cancel = make("button", { type: "button", class: "btn btn-quiet" }, text("cancel"));
    const yes = make("button", { type: "submit", class: `btn btn-${tone}`, value: "yes" }, ok ?? text("ok"));
    form.append(make("div", { class: "ask-buttons" }, cancel, yes));
    dialog.append(form);
    cancel.addEventListener("click", () => dialog.close(""));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? (input?.value ?? "yes") : null);
      dialog.remove();
      // After whoever asked has sent the form.
      window.setTimeout(() => document.dispatchEvent(new Event("entrepot:answered")));
    });
    document.body.append(dialog);
    document.dispatchEvent(new Event("entrepot:asking"));
    dialog.showModal();
    (input ?? (tone === "danger" ? cancel : yes)).focus();
  });
}

/** The page may have been drawn anew while the question stood: what was agreed to is there again. */
function drawnAnew(form: HTMLFormElement, submitter: HTMLElement | null): [HTMLFormElement | undefined, HTMLElement | null] {
  const now = [...document.forms].find((other) => other.getAttribute("action") === form.getAttribute("action") && other.textContent === form.textContent);
  const button = [...(now?.elements ?? [])].find((other) => submitter && other.outerHTML === submitter.outerHTML);
  return [now, button instanceof HTMLElement ? button : null];
}

export function startDialogs(): void {
  const agreed = new WeakSet<Element>();

  // Capture: before htmx or any other listener sends what is still in question.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement)) return;
      const { submitter } = event;
      const source = submitter?.hasAttribute("data-confirm") ? submitter : form.hasAttribute("data-confirm") ? form : null;
      if (!source || agreed.delete(source)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const message = source.getAttribute("data-confirm") || text("confirm");
      const label = source.getAttribute("data-confirm-label") ?? submitter?.textContent?.trim();
      const danger = source.getAttribute("data-confirm-tone") === "danger" || submitter?.classList.contains("btn-danger") === true;
      void ask({ message, tone: danger ? "danger" : "primary", ...(label ? { ok: label } : {}) }).then((answer) => {
        if (answer === null) return;
        const [now, button] = form.isConnected ? [form, submitter] : drawnAnew(form, submitter);
        if (!now) return;
        agreed.add(source === submitter && button ? button : source === form ? now : source);
        now.requestSubmit(button);
      });
    },
    true,
  );
  document.body.addEventListener("htmx:confirm", (event) => {
    const { detail } = event as CustomEvent<{ question: string | null; elt: Element; issueRequest: (skip: boolean) => void }>;
    if (!detail.question) return;
    event.preventDefault();
    const danger = detail.elt.classList.contains("btn-danger");
    const label = detail.elt.tagName === "BUTTON" ? detail.elt.textContent?.trim() : undefined;
    void ask({ message: detail.question, tone: danger ? "danger" : "primary", ...(label ? { ok: label } : {}) }).then((answer) => {
      if (answer !== null) detail.issueRequest(true);
    });
  });

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    const dialog = target.closest("dialog");
    // A click on the dialog itself is a click on its backdrop.
    if (dialog && (target === dialog || target.closest("[data-dialog-close]"))) dialog.close();
    const opener = target.closest("[data-dialog-open]");
    const wanted = opener ? document.getElementById(opener.getAttribute("data-dialog-open") ?? "") : null;
    if (wanted instanceof HTMLDialogElement) wanted.showModal();
  });
}
