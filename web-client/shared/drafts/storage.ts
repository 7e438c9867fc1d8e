/** A draft as it lies in the browser: sealed, and named by whom it belongs to. */
export interface SealedDraft {
  readonly account: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

/** Where drafts and their keys lie. Any call may reject; nothing is lost but a draft. */
export interface DraftStorage {
  /** The key of an account; `made` becomes it if there is none. */
  key: (account: string, made: CryptoKey | undefined) => Promise<CryptoKey | undefined>;
  read: (account: string, name: string) => Promise<SealedDraft | undefined>;
  write: (draft: SealedDraft) => Promise<void>;
  remove: (account: string, name: string) => Promise<void>;
  /** Removes all of an account, its key included. */
  removeAll: (account: string) => Promise<void>;
}

const DATABASE = "bedside-drafts";

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the browser's storage failed")));
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore("keys");
    request.result.createObjectStore("drafts", { keyPath: ["account", "name"] });
  });
  return done(request);
}

/** Runs one transaction on a connection of its own: signing out clears the storage under our feet. */
async function within<T>(stores: string[], mode: IDBTransactionMode, run: (tx: IDBTransaction) => Promise<T>): Promise<T> {
  const database = await open();
  try {
    return await run(database.transaction(stores, mode));
  } finally {
    database.close();
  }
}

/** The browser's IndexedDB. It keeps a key without ever showing it to a page's code. */
export const browserStorage: DraftStorage = {
  key: (account, made) =>
    within(["keys"], made === undefined ? "readonly" : "readwrite", async (tx) => {
      const keys = tx.objectStore("keys");
      const found = (await done(keys.get(account))) as CryptoKey | undefined;
      // Two tabs may have made one each: the first counts.
      if (found !== undefined || made === undefined) return found;
      await done(keys.put(made, account));
      return made;
    }),
  read: (account, name) => within(["drafts"], "readonly", (tx) => done(tx.objectStore("drafts").get([account, name]) as IDBRequest<SealedDraft | undefined>)),
  write: (draft) => within(["drafts"], "readwrite", async (tx) => void (await done(tx.objectStore("drafts").put(draft)))),
  remove: (account, name) => within(["drafts"], "readwrite", (tx) => done(tx.objectStore("drafts").delete([account, name]))),
  removeAll: (account) =>
    within(["keys", "drafts"], "readwrite", async (tx) => {
      await done(tx.objectStore("keys").delete(account));
      await done(tx.objectStore("drafts").delete(IDBKeyRange.bound([account], [account, []])));
    }),
};
