import type { DraftStorage } from "./storage";

/** A draft is kept for a day; after that nobody comes back for it. */
const GOOD_FOR_MS = 24 * 3_600_000;
const IV_BYTES = 12;

/**
 * What one account was writing, kept in this browser in case the session ends first. Sealed by
 * AES-256-GCM under a key of that account which no code can read out; bound to account and name, so
 * that none opens in another's place. Failures of the browser's storage lose a draft and say nothing:
 * there is nothing a person could do about them.
 */
export class Drafts {
  readonly #storage: DraftStorage;
  readonly #now: () => number;
  #closed = false;
  /** Writes and removals follow each other in the order they were asked for. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly account: string,
    storage: DraftStorage,
    now: () => number = Date.now,
  ) {
    this.#storage = storage;
    this.#now = now;
  }

  /** Keeps a value that JSON can carry. */
  keep(name: string, value: unknown): Promise<void> {
    return this.#queue(async () => {
      const key = await this.#key();
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const plain = new TextEncoder().encode(JSON.stringify(value));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: this.#label(name) }, key, plain);
      if (!this.#closed) await this.#storage.write({ account: this.account, name, at: this.#now(), iv, sealed });
    });
  }

  /** What was kept; undefined when there is nothing, or nothing that opens. */
  async read(name: string): Promise<unknown> {
    try {
      await this.#last;
      const draft = await this.#storage.read(this.account, name);
      if (draft === undefined || this.#closed) return undefined;
      if (this.#now() - draft.at > GOOD_FOR_MS) {
        await this.drop(name);
        return undefined;
      }
      const key = await this.#storage.key(this.account, undefined);
      if (key === undefined) return undefined;
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: draft.iv, additionalData: this.#label(name) }, key, draft.sealed);
      return JSON.parse(new TextDecoder().decode(plain)) as unknown;
    } catch {
      return undefined;
    }
  }

  /** It was saved or is not wanted any more. */
  drop(name: string): Promise<void> {
    return this.#queue(() => this.#storage.remove(this.account, name));
  }

  /** The person signs out: everything of theirs goes, and nothing is kept from now on. */
  close(): Promise<void> {
    this.#closed = true;
    const gone = this.#last.then(() => this.#storage.removeAll(this.account)).catch(() => undefined);
    this.#last = gone;
    return gone;
  }

  #queue(work: () => Promise<void>): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const done = this.#last.then(work).catch(() => undefined);
    this.#last = done;
    return done;
  }

  async #key(): Promise<CryptoKey> {
    const found = await this.#storage.key(this.account, undefined);
    if (found !== undefined) return found;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    return (await this.#storage.key(this.account, made)) ?? made;
  }

  #label(name: string): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(`${this.account}\n${name}`);
  }
}
