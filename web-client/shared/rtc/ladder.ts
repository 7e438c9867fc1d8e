import { type Readable, Store } from "@shared/lib/store";

/** How much the network takes from this person's call at this moment. */
export type Trouble = "none" | "weak" | "severe";

/** What to tell: nothing, that the connection is weak, or that a phone call may be better. */
export type Step = "fine" | "weak" | "phone";

/** A network counts as better only after this long: nothing flickers. */
const CALM_MS = 5_000;
/** Severe trouble that lasts this long will not pass by itself soon. */
const PHONE_AFTER_MS = 20_000;

const DEPTH: Readonly<Record<Trouble, number>> = { none: 0, weak: 1, severe: 2 };

/**
 * Turns what is seen from moment to moment into calm steps: down at once, up after a while, and
 * to the phone only when severe trouble stays. Owns at most two timers; {@link dispose} ends both.
 */
export class Ladder {
  readonly #step = new Store<Step>("fine");
  #level: Trouble = "none";
  #seen: Trouble = "none";
  #calming: ReturnType<typeof setTimeout> | undefined;
  #lasting: ReturnType<typeof setTimeout> | undefined;

  get step(): Readable<Step> {
    return this.#step;
  }

  /** Takes note of the trouble now. */
  see(trouble: Trouble): void {
    if (trouble === this.#seen) return;
    this.#seen = trouble;
    clearTimeout(this.#calming);
    if (DEPTH[trouble] >= DEPTH[this.#level]) this.#settle(trouble);
    else this.#calming = setTimeout(() => this.#settle(this.#seen), CALM_MS);
  }

  dispose(): void {
    clearTimeout(this.#calming);
    clearTimeout(this.#lasting);
  }

  #settle(level: Trouble): void {
    if (level === this.#level) return;
    this.#level = level;
    clearTimeout(this.#lasting);
    this.#step.set(level === "none" ? "fine" : "weak");
    if (level === "severe") this.#lasting = setTimeout(() => this.#step.set("phone"), PHONE_AFTER_MS);
  }
}
