import { type Readable, Store } from "@shared/lib/store";
import type { Phase } from "./connection";
import type { Member } from "./members";

/** Somebody came or went. */
export interface Announcement {
  readonly key: number;
  readonly text: string;
}

/** How long one is shown: time to read a long name twice. */
const SHOWN_MS = 7_000;
/** The newest are enough when many come at once. */
const MOST = 3;

/**
 * Announces who joins and leaves after oneself. The other party of a visit of two is what everybody
 * waits for and needs no announcement; third parties do, and everybody among several.
 *
 * Owns one timer for each announcement shown; {@link dispose} ends them.
 */
export class Arrivals {
  readonly #list = new Store<readonly Announcement[]>([]);
  readonly #parties: ReadonlySet<string>;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Who was here when last looked, by identity; none before the room was joined. */
  #here: ReadonlyMap<string, string> | undefined;
  #key = 0;

  /** `parties` are those whom the visit is between. */
  constructor(parties: Iterable<string>) {
    this.#parties = new Set(parties);
  }

  get list(): Readable<readonly Announcement[]> {
    return this.#list;
  }

  /** Takes note of who is here; `isUnnamed` tells whose name is still to come. */
  see(phase: Phase, members: readonly Member[], isUnnamed: (identity: string) => boolean): void {
    // While the connection is away nobody comes or goes; the list may be empty all the same.
    if (phase.name !== "connected") return;
    const before = this.#here;
    const now = new Map<string, string>();
    for (const { identity, name } of members) {
      // Announced once the name is there.
      if (!isUnnamed(identity) || before?.has(identity)) now.set(identity, name);
    }
    this.#here = now;
    if (before === undefined) return;
    for (const [identity, name] of now) if (!before.has(identity) && this.#matters(identity, members)) this.#say(`${name} joined`);
    for (const [identity, name] of before) if (!now.has(identity) && this.#matters(identity, members)) this.#say(`${name} left`);
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #matters(identity: string, members: readonly Member[]): boolean {
    return !this.#parties.has(identity) || members.some((other) => other.identity !== identity);
  }

  #say(text: string): void {
    const said = { key: (this.#key += 1), text };
    this.#list.set([...this.#list.get(), said].slice(-MOST));
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#list.set(this.#list.get().filter((one) => one !== said));
    }, SHOWN_MS);
    this.#timers.add(timer);
  }
}
