/**
 * Reports that could not be sent: kept on the phone with their photos, and sent again, oldest first, until the hub has answered.
 *
 * Each carries a client id, so one that arrived although its answer was lost changes nothing when it comes again.
 */
export interface Kept {
  id: string;
  url: string;
  about: string;
  fields: [string, string | Blob][];
  keptAt: number;
}
export type Answer = "taken" | "away" | { refused: string };

export interface Shelf {
  all(): Promise<Kept[]>;
  put(report: Kept): Promise<void>;
  remove(id: string): Promise<void>;
}

const DATABASE = "entrepot-drive";
const STORE = "reports";

/** Opens the phone's own database: unlike localStorage it holds pictures, and survives a restart. */
export function openShelf(): Shelf {
  const database = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("no database"));
  });
  const run = async <T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const opened = await database;
    return new Promise<T>((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error ?? new Error("not kept"));
      transaction.onabort = () => reject(transaction.error ?? new Error("not kept"));
    });
  };
  return {
    all: () => run<Kept[]>("readonly", (store) => store.getAll() as IDBRequest<Kept[]>),
    put: async (report) => void (await run("readwrite", (store) => store.put(report))),
    remove: async (id) => void (await run("readwrite", (store) => store.delete(id))),
  };
}

export class Outbox {
  private sending: Promise<void> | null = null;

  constructor(
    private readonly shelf: Shelf,
    private readonly send: (report: Kept) => Promise<Answer>,
    private readonly refused: (report: Kept, why: string) => void,
  ) {}

  /** Sends a report now; keeps it if the hub is away.  Resolves with what became of it. */
  async report(report: Kept): Promise<Answer> {
    // First kept, then sent: a phone that dies in between has it still.
    await this.shelf.put(report);
    const waiting = (await this.shelf.all()).filter((one) => one.id !== report.id);
    if (waiting.length > 0) {
      await this.flush();
      return (await this.shelf.all()).some((one) => one.id === report.id) ? "away" : "taken";
    }
    const answer = await this.send(report);
    if (answer !== "away") await this.shelf.remove(report.id);
    return answer;
  }

  /** Sends what waits, oldest first, one flush at a time; stops at the first that finds nobody. */
  flush(): Promise<void> {
    this.sending ??= this.drain().finally(() => (this.sending = null));
    return this.sending;
  }

  async count(): Promise<number> {
    return (await this.shelf.all()).length;
  }

  /** The addresses that what waits goes to. */
  async waiting(): Promise<Set<string>> {
    return new Set((await this.shelf.all()).map((one) => one.url));
  }

  private async drain(): Promise<void> {
    const waiting = (await this.shelf.all()).sort((one, other) => one.keptAt - other.keptAt);
    for (const report of waiting) {
      const answer = await this.send(report);
      if (answer === "away") return;
      await this.shelf.remove(report.id);
      if (answer !== "taken") this.refused(report, answer.refused);
    }
  }
}

/** Tells what an answer means.  Whoever must sign in again, or waits for the hub, still has the report. */
export function meaning(status: number, detail: string): Answer {
  if (status >= 200 && status < 400) return "taken";
  if (status >= 500 || [401, 403, 408, 425, 429].includes(status)) return "away";
  return { refused: detail || String(status) };
}
