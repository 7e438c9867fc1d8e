import { beforeEach, describe, expect, it } from "vitest";
import { Drafts } from "./drafts";
import type { DraftStorage, SealedDraft } from "./storage";

/** IndexedDB without a browser; `drafts` is what somebody who reads the disk would find. */
class FakeStorage implements DraftStorage {
  readonly keys = new Map<string, CryptoKey>();
  readonly drafts = new Map<string, SealedDraft>();
  fails = false;

  async key(account: string, made: CryptoKey | undefined): Promise<CryptoKey | undefined> {
    if (made !== undefined && !this.keys.has(account)) this.keys.set(account, made);
    return this.keys.get(account);
  }

  async read(account: string, name: string): Promise<SealedDraft | undefined> {
    return this.drafts.get(`${account} ${name}`);
  }

  async write(draft: SealedDraft): Promise<void> {
    if (this.fails) throw new Error("the disk is full");
    this.drafts.set(`${draft.account} ${draft.name}`, draft);
  }

  async remove(account: string, name: string): Promise<void> {
    this.drafts.delete(`${account} ${name}`);
  }

  async removeAll(account: string): Promise<void> {
    this.keys.delete(account);
    for (const [at, draft] of this.drafts) if (draft.account === account) this.drafts.delete(at);
  }
}

let storage: FakeStorage;
let now = 0;
const of = (account: string): Drafts => new Drafts(account, storage, () => now);

beforeEach(() => {
  storage = new FakeStorage();
  now = 1_000;
});

describe("a draft", () => {
  it("is there for its account after a new sign-in, and unreadable on the disk", async () => {
    await of("lee").keep("chat", { text: "Blood pressure 135/85" });
    const [draft] = storage.drafts.values();
    expect(new TextDecoder("latin1").decode(draft?.sealed)).not.toContain("135/85");
    expect(await of("lee").read("chat")).toEqual({ text: "Blood pressure 135/85" });
  });

  it("is never there for somebody else, not even with the sealed bytes in their place", async () => {
    await of("lee").keep("chat", "mine");
    await of("ruiz").keep("chat", "other");
    expect(await of("ruiz").read("chat")).toBe("other");
    const stolen = storage.drafts.get("lee chat");
    if (stolen === undefined) throw new Error("nothing was kept");
    storage.drafts.set("ruiz chat", { ...stolen, account: "ruiz" });
    expect(await of("ruiz").read("chat")).toBeUndefined();
    // Nor under another name of the same account.
    storage.drafts.set("lee booking", { ...stolen, name: "booking" });
    expect(await of("lee").read("booking")).toBeUndefined();
  });

  it("lies under a key that no code can read out", async () => {
    await of("lee").keep("chat", "mine");
    const key = storage.keys.get("lee");
    expect(key?.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("raw", key as CryptoKey)).rejects.toThrow(/not extractable/i);
  });

  it("goes when it is saved, after a day, and with everything else at sign-out", async () => {
    const drafts = of("lee");
    await drafts.keep("chat", "mine");
    await drafts.drop("chat");
    expect(await drafts.read("chat")).toBeUndefined();
    await drafts.keep("chat", "mine");
    now += 24 * 3_600_000 + 1;
    expect(await drafts.read("chat")).toBeUndefined();
    expect(storage.drafts.size).toBe(0);
    await drafts.keep("chat", "mine");
    await of("ruiz").keep("chat", "other");
    // A screen that goes while signing out asks to keep what it held: too late.
    const closing = drafts.close();
    await drafts.keep("chat", "mine");
    await closing;
    expect([...storage.drafts.keys()]).toEqual(["ruiz chat"]);
    expect([...storage.keys.keys()]).toEqual(["ruiz"]);
  });

  it("is lost without a word when the browser cannot keep it", async () => {
    storage.fails = true;
    const drafts = of("lee");
    await expect(drafts.keep("chat", "mine")).resolves.toBeUndefined();
    storage.fails = false;
    await drafts.keep("chat", "later");
    expect(await drafts.read("chat")).toBe("later");
  });
});
