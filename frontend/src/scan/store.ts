/**
 * What a device keeps: the list somebody works on, and what they did that the hub does not know yet.
 *
 * Everything belongs to a person.  Whoever else uses the device sees nothing of it and sends nothing of it; it waits until its
 * owner is back.
 */
import type { Act, Said, Work } from "./pick";

export interface Desk {
  owner: string;
  work: Work;
  /** Of the server's clock against the device's, in milliseconds. */
  skew: number;
  said: Record<string, Said>;
  /** Acts of this session that the hub knows: for undoing. */
  sent: Act[];
  chosen: string;
  sequence: number;
  /** Finished here; the hub may not know yet. */
  finished: boolean;
}

export interface Queued {
  owner: string;
  session: string;
  act: Act;
}

export interface Note {
  id?: number;
  owner: string;
  sentence: string;
}

const NAME = "entrepot-scan";
const MOST_SENT = 60;
let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore("desk", { keyPath: "owner" });
      database.createObjectStore("queue", { keyPath: "act.client_id" }).createIndex("owner", "owner");
      database.createObjectStore("notes", { keyPath: "id", autoIncrement: true }).createIndex("owner", "owner");
      database.createObjectStore("pictures", { keyPath: "url" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
  return opened;
}

type Stores = "desk" | "queue" | "notes" | "pictures";

/** Runs *work* in one transaction; resolves when it is on the disk. */
async function within<T>(stores: Stores[], mode: IDBTransactionMode, work: (store: (name: Stores) => IDBObjectStore) => T): Promise<T> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, mode, { durability: "strict" });
    const result = work((name) => transaction.objectStore(name));
    transaction.oncomplete = () => resolve(result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB"));
  });
}

async function read<T>(store: Stores, ask: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  const request = await within([store], "readonly", (name) => ask(name(store)));
  return request.result as T;
}

/** Returns the desk of *owner*, or nothing. */
export async function desk(owner: string): Promise<Desk | null> {
  return (await read<Desk | undefined>("desk", (store) => store.get(owner))) ?? null;
}

/** Puts a list on the desk. */
export async function put(next: Desk): Promise<void> {
  await within(["desk"], "readwrite", (store) => store("desk").put(next));
}

/**
 * Changes the desk, and queues *draft* with the session's next number, in one stroke.
 *
 * What is on the desk now counts, not what a caller remembers: the hub's answer or another tab may have changed it meanwhile.
 */
export async function change(
  owner: string,
  patch: Partial<Pick<Desk, "chosen" | "finished">>,
  said?: { line: string } & Said,
  draft?: Omit<Act, "sequence">,
): Promise<void> {
  await within(["desk", "queue"], "readwrite", (store) => {
    const request = store("desk").get(owner);
    request.onsuccess = () => {
      const found = request.result as Desk | undefined;
      if (!found) return;
      Object.assign(found, patch);
      if (said) found.said[said.line] = { location: said.location, code: said.code, lot: said.lot, hand: said.hand };
      if (draft) {
        found.sequence += 1;
        const act = { ...draft, sequence: found.sequence };
        store("queue").put({ owner, session: found.work.session.id, act } satisfies Queued);
      }
      store("desk").put(found);
    };
  });
}

export async function clear(owner: string): Promise<void> {
  await within(["desk"], "readwrite", (store) => store("desk").delete(owner));
}

/** Returns what of *owner*'s the hub does not know yet, session by session, in order. */
export async function queue(owner: string): Promise<Queued[]> {
  const found = await read<Queued[]>("queue", (store) => store.index("owner").getAll(owner));
  return found.sort((one, other) => one.session.localeCompare(other.session) || one.act.sequence - other.act.sequence);
}

/** How many acts of others wait here. */
export async function ofOthers(owner: string): Promise<number> {
  const all = await read<IDBValidKey[]>("queue", (store) => store.getAllKeys());
  const own = await read<IDBValidKey[]>("queue", (store) => store.index("owner").getAllKeys(owner));
  return all.length - own.length;
}

/** Takes what the hub knows out of the queue, and puts how the list is now on the desk, in one stroke. */
export async function settle(
  owner: string,
  session: string,
  acts: readonly Act[],
  applied: readonly Act[],
  news: Pick<Work, "lines" | "status" | "taken_by">,
): Promise<void> {
  const database = await open();
  await new Promise<void>((resolve, reject) => {
    const transaction = database.transaction(["desk", "queue"], "readwrite", { durability: "strict" });
    const desks = transaction.objectStore("desk");
    for (const act of acts) transaction.objectStore("queue").delete(act.client_id);
    const request = desks.get(owner);
    request.onsuccess = () => {
      const found = request.result as Desk | undefined;
      if (found?.work.session.id !== session) return;
      const known = new Set(found.sent.map((act) => act.client_id));
      found.sent = [...found.sent, ...applied.filter((act) => !known.has(act.client_id))].slice(-MOST_SENT);
      found.work = { ...found.work, ...news };
      desks.put(found);
    };
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB"));
  });
}

export async function notes(owner: string): Promise<Note[]> {
  return read<Note[]>("notes", (store) => store.index("owner").getAll(owner));
}

export async function note(owner: string, sentence: string): Promise<void> {
  await within(["notes"], "readwrite", (store) => store("notes").put({ owner, sentence }));
}

export async function forgetNote(id: number): Promise<void> {
  await within(["notes"], "readwrite", (store) => store("notes").delete(id));
}

export async function picture(url: string): Promise<Blob | null> {
  return (await read<{ blob: Blob } | undefined>("pictures", (store) => store.get(url)))?.blob ?? null;
}

/** Keeps the pictures of one list, and no others. */
export async function keepPictures(found: Map<string, Blob>): Promise<void> {
  await within(["pictures"], "readwrite", (store) => {
    store("pictures").clear();
    for (const [url, blob] of found) store("pictures").put({ url, blob });
  });
}

/** The name this device gave itself. */
export function deviceId(): string {
  const known = localStorage.getItem("entrepot-device");
  if (known) return known;
  const made = uuid();
  localStorage.setItem("entrepot-device", made);
  return made;
}

/** crypto.randomUUID exists on https only. */
export function uuid(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
