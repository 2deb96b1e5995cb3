/**
 * Keeps the last known state of the run dashboard for when there is no connection, the empty page of the scanning app, which
 * works without one, the routes that a driver is on, and the files they need.
 *
 * Nothing else is kept: a list of orders that looks current and is not would cost more than it helps.  What is kept goes when
 * the user signs out, changes the seller, or may no longer see it.
 */
export {};

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  request: Request;
  respondWith(answer: Promise<Response> | Response): void;
}
interface Worker {
  addEventListener(type: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Keep> & Waiting) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
}
interface Keep {
  files: string[];
  board: boolean;
  scan: boolean;
  /** Path of the route that is shown. */
  route?: string;
}

const worker = self as unknown as Worker;
const PAGES = "entrepot-pages-1";
const FILES = "entrepot-files-1";
const BOARD = "/jobs";
const SCAN = "/fulfilment/scan";
const ROUTES = /^\/fulfilment\/drive(\/[0-9a-f-]{36})?$/;
/** A page with this is kept: a route that nobody drives any more has names and addresses, and leaves the phone. */
const KEEP_MARK = "data-keep-page";
const MOST_ROUTES = 4;
const OFFLINE = "/offline";
/** A network that is there and does not answer is none: a picker does not wait longer for the app. */
const PATIENCE_MS = 4_000;
/** A driver's page is asked for from the hub first: longer than that, and the kept one is shown. */
const ROUTE_PATIENCE_MS = 8_000;
const BUILT = "/static/dist/assets/";
const MOST_FILES = 40;
/** After these the page belongs to somebody else, or to nobody. */
const ENDS = ["/sign-in", "/sign-out", "/set-password/", "/session/"];

worker.addEventListener("install", (event) => {
  event.waitUntil(worker.skipWaiting());
});

worker.addEventListener("activate", (event) => {
  const tidy = async (): Promise<void> => {
    for (const name of await caches.keys()) if (name !== PAGES && name !== FILES) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener("message", (event) => {
  event.waitUntil(keep(event.data));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method !== "GET") {
    if (ENDS.some((path) => url.pathname.startsWith(path))) event.waitUntil(forget());
    return;
  }
  if (url.pathname.startsWith(BUILT)) event.respondWith(file(request));
  else if (url.pathname === BOARD && url.search === "") event.respondWith(board(event));
  else if (url.pathname === SCAN && request.mode === "navigate") event.respondWith(scan(event));
  else if (ROUTES.test(url.pathname) && request.mode === "navigate") event.respondWith(route(event, url.pathname));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept(OFFLINE)));
});

async function keep(wanted: Keep): Promise<void> {
  const files = await caches.open(FILES);
  const known = await files.keys();
  for (const old of known.slice(0, Math.max(0, known.length - MOST_FILES))) await files.delete(old);
  for (const path of wanted.files) {
    if (path.startsWith(BUILT) && !(await files.match(path))) await files.add(path).catch(() => undefined);
  }
  await remember(OFFLINE);
  if (wanted.board) await remember(BOARD);
  if (wanted.scan) await remember(SCAN);
  if (wanted.route !== undefined && ROUTES.test(wanted.route)) await keepFirst(wanted.route);
}

/** Keeps a route that was opened before this worker was there to see it. */
async function keepFirst(path: string): Promise<void> {
  if (await (await caches.open(PAGES)).match(path)) return;
  const response = await fetch(path, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
  if (response !== null) await keepRoute(path, response);
}

/** Keeps a route that is driven, and the latest few of them; forgets one that is over. */
async function keepRoute(path: string, response: Response): Promise<void> {
  if (response.status >= 500) return;
  const pages = await caches.open(PAGES);
  const routes = async (): Promise<Request[]> => (await pages.keys()).filter((one) => ROUTES.test(new URL(one.url).pathname));
  if (response.type === "opaqueredirect") {
    for (const one of await routes()) await pages.delete(one);
    return;
  }
  if (!response.ok || !(await response.clone().text()).includes(KEEP_MARK)) {
    await pages.delete(path);
    return;
  }
  await store(path, response); // as the newest
  const known = await routes();
  for (const old of known.slice(0, Math.max(0, known.length - MOST_ROUTES))) await pages.delete(old);
}

/** The route as the hub has it, or, where the hub cannot be reached in time, as it was. */
async function route(event: Fetching, path: string): Promise<Response> {
  const pages = await caches.open(PAGES);
  const fresh = fetch(event.request).then((response) => {
    event.waitUntil(keepRoute(path, response.clone()));
    return response;
  });
  if (!(await pages.match(path))) return fresh.catch(() => kept(OFFLINE));
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), ROUTE_PATIENCE_MS));
  const answer = await Promise.race([fresh, late]).catch(() => null);
  return answer ?? kept(path);
}

async function remember(path: string): Promise<void> {
  try {
    await store(path, await fetch(path, { credentials: "same-origin", redirect: "manual" }));
  } catch {
    // Without a connection what was kept before stays.
  }
}

/** Keeps a page with the moment it was made; one that may no longer be seen is forgotten. */
async function store(path: string, response: Response): Promise<void> {
  const pages = await caches.open(PAGES);
  if (!response.ok || response.redirected || !(response.headers.get("content-type") ?? "").startsWith("text/html")) {
    if (response.status < 500) await pages.delete(path);
    return;
  }
  const headers = new Headers(response.headers);
  headers.set("x-kept-at", new Date().toISOString());
  await pages.put(path, new Response(await response.text(), { status: 200, headers }));
}

async function board(event: Fetching): Promise<Response> {
  try {
    const response = await fetch(event.request);
    event.waitUntil(response.type === "opaqueredirect" ? forget() : store(BOARD, response.clone()));
    return response;
  } catch (error) {
    // Only a page says that it is old; a piece of one would pass for new.
    if (event.request.mode !== "navigate") throw error;
    return kept(BOARD);
  }
}

/** The app as it was kept is as good as new: what it shows comes from the device. */
async function scan(event: Fetching): Promise<Response> {
  const pages = await caches.open(PAGES);
  const found = await pages.match(SCAN);
  const fresh = fetch(event.request).then((response) => {
    event.waitUntil(response.type === "opaqueredirect" ? pages.delete(SCAN) : store(SCAN, response.clone()));
    return response;
  });
  if (!found) return fresh.catch(() => kept(OFFLINE));
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(found), PATIENCE_MS));
  return Promise.race([fresh, late]).catch(() => found);
}

async function kept(path: string): Promise<Response> {
  const pages = await caches.open(PAGES);
  const found = (await pages.match(path)) ?? (await pages.match(OFFLINE));
  if (!found) return Response.error();
  const at = found.headers.get("x-kept-at") ?? "";
  const html = (await found.text()).replace("<html ", `<html data-kept-at="${at}" `);
  return new Response(html, { status: 200, headers: found.headers });
}

async function file(request: Request): Promise<Response> {
  const files = await caches.open(FILES);
  const found = await files.match(request);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) await files.put(request, response.clone());
  return response;
}

async function forget(): Promise<void> {
  const pages = await caches.open(PAGES);
  for (const one of await pages.keys()) {
    const { pathname } = new URL(one.url);
    if (pathname === BOARD || pathname === SCAN || ROUTES.test(pathname)) await pages.delete(one);
  }
}
