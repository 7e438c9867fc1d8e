import { type Readable, Store } from "@shared/lib/store";
import type { Names } from "./names";

/**
 * Who is who in a room that others may join later: starts with the names at hand and asks for the
 * rest when somebody unknown comes. At most one question at a time.
 */
export class Roster {
  readonly #names: Store<Names>;
  readonly #ask: (() => Promise<Names>) | undefined;
  /** Whom a question was answered about without a name: they stay unnamed. */
  readonly #nameless = new Set<string>();
  #asking = false;

  constructor(first: Names, ask?: () => Promise<Names>) {
    this.#names = new Store(first);
    this.#ask = ask;
  }

  get names(): Readable<Names> {
    return this.#names;
  }

  /** Whether a better name for this person may still come. */
  expects(identity: string): boolean {
    return this.#ask !== undefined && !this.#names.get().has(identity) && !this.#nameless.has(identity);
  }

  /** Sees to it that these people have names; a question that fails is asked again with the next need. */
  need(identities: readonly string[]): void {
    if (this.#ask === undefined || this.#asking || !identities.some((one) => this.expects(one))) return;
    this.#asking = true;
    void this.#learn(identities, this.#ask());
  }

  async #learn(identities: readonly string[], answer: Promise<Names>): Promise<void> {
    const found = await answer.catch(() => undefined);
    this.#asking = false;
    if (found === undefined) return;
    for (const one of identities) if (!found.has(one)) this.#nameless.add(one);
    this.#names.set(new Map([...this.#names.get(), ...found]));
  }
}
