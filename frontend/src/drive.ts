/**
 * The driver's page and the counter: signatures, photos made small enough for a bad connection, and reports that wait on the phone
 * while there is none.  Without this script the forms are sent like any others.
 */
import { all, first } from "./dom";
import { type Answer, type Kept, meaning, openShelf, Outbox } from "./drive/outbox";
import { startSignatures } from "./drive/signature";
import { fill } from "./texts";

const LONGEST_EDGE = 1600;
const AGAIN_MS = 20_000;
const PATIENCE_MS = 15_000;

async function send(report: Kept): Promise<Answer> {
  const body = new FormData();
  for (const [name, value] of report.fields) body.append(name, value);
  const token = first<HTMLInputElement>('input[name="_csrf_token"]')?.value;
  if (token) body.set("_csrf_token", token);
  try {
    const answer = await fetch(report.url, {
      method: "POST",
      body,
      headers: { accept: "application/json", ...(token ? { "x-csrftoken": token } : {}) },
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS + report.fields.length * PATIENCE_MS),
    });
    if (answer.type === "opaqueredirect") return "taken";
    const problem = answer.ok ? null : ((await answer.json().catch(() => null)) as { detail?: string } | null);
    return meaning(answer.status, problem?.detail ?? "");
  } catch {
    return "away";
  }
}

function tellRefused(report: Kept, why: string): void {
  const notice = first("[data-drive-refused]");
  const words = notice && first("span", notice);
  if (!notice || !words) return;
  words.textContent = fill(notice.dataset["text"] ?? "", { order: report.about, reason: why });
  notice.hidden = false;
  first("button", notice)?.addEventListener("click", () => window.location.reload(), { once: true });
}

const outbox = new Outbox(openShelf(), send, tellRefused);

async function showWaiting(): Promise<void> {
  const notice = first("[data-drive-waiting]");
  const words = notice && first("span", notice);
  if (!notice || !words) return;
  const count = await outbox.count();
  notice.hidden = count === 0;
  words.textContent = fill((count === 1 ? notice.dataset["textOne"] : notice.dataset["textMany"]) ?? "", { count });
}

/** Makes a photo small; the new picture holds nothing that the phone wrote into the old one. */
async function smaller(file: File): Promise<Blob> {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise<Blob>((resolve) => canvas.toBlob((made) => resolve(made ?? file), "image/jpeg", 0.8));
  } catch {
    return file;
  }
}

async function fieldsOf(form: HTMLFormElement): Promise<[string, string | Blob][]> {
  const fields: [string, string | Blob][] = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") fields.push([name, value]);
    else if (value.size > 0) fields.push([name, new File([await smaller(value)], value.name, { type: "image/jpeg" })]);
  }
  return fields;
}

async function submit(form: HTMLFormElement): Promise<void> {
  const moment = form.elements.namedItem("at");
  if (moment instanceof HTMLInputElement) moment.value = new Date().toISOString();
  const client = form.elements.namedItem("client_id");
  const stop = form.closest<HTMLDetailsElement>("[data-stop]");
  for (const button of all<HTMLButtonElement>("button", form)) button.disabled = true;
  const report: Kept = {
    id: client instanceof HTMLInputElement ? client.value : crypto.randomUUID(),
    url: form.action,
    about: stop?.dataset["stop"] ?? document.title,
    fields: await fieldsOf(form),
    keptAt: Date.now(),
  };
  const answer = await outbox.report(report);
  await showWaiting();
  if (answer === "taken") window.location.reload();
  else if (answer === "away") goOn(stop, form);
  else {
    tellRefused(report, answer.refused);
    for (const button of all<HTMLButtonElement>("button", form)) button.disabled = false;
  }
}

/** The report waits on the phone: close its stop, and open the next. */
function goOn(stop: HTMLDetailsElement | null, form: HTMLFormElement): void {
  if (!stop) {
    form.hidden = true;
    return;
  }
  stop.open = false;
  stop.classList.add("stop-kept");
  const next = all<HTMLDetailsElement>("[data-stop]").find((one) => !one.classList.contains("stop-kept"));
  if (next) {
    next.open = true;
    next.scrollIntoView({ block: "start" });
  }
}

/** After a reload without a connection: what was reported before, and waits, is not asked for again. */
async function closeReported(): Promise<void> {
  const waiting = await outbox.waiting();
  for (const form of all<HTMLFormElement>("[data-report]")) {
    if (waiting.has(form.action)) goOn(form.closest<HTMLDetailsElement>("[data-stop]"), form);
  }
}

async function again(): Promise<void> {
  const before = await outbox.count();
  if (before === 0) return;
  await outbox.flush();
  await showWaiting();
  // What is shown is old now; but nobody is interrupted who is writing a name.
  if ((await outbox.count()) === 0 && first("[data-drive-refused]")?.hidden !== false && !document.querySelector("input:focus")) {
    window.location.reload();
  }
}

startSignatures();
document.addEventListener("submit", (event) => {
  if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-report]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  void submit(event.target);
}, true);
window.addEventListener("online", () => void again());
window.setInterval(() => void again(), AGAIN_MS);
void showWaiting().then(closeReported).then(again);
