import { type Readable, Store } from "@shared/lib/store";
import type { Presence } from "./presence";

/** The warning comes this long before the end, in milliseconds. */
export const WARN_MS = 120_000;
/** While the warning shows, another page of the same person may have prolonged the session: looked for this often. */
const LOOK_AGAIN_MS = 15_000;
/** The longest idle time the server gives; a wrong clock here makes no longer one. */
const LONGEST_MS = 15 * 60_000;
/** Hands on the page prolong the session at most this often. */
const TOUCH_EVERY_MS = 60_000;

/** How the session of the person at this page stands. */
export type IdleState =
  | { readonly at: "here" }
  /** It ends at `endsAt` (milliseconds since 1970, this browser's clock); `final` when nothing prolongs it any more. */
  | { readonly at: "warned"; readonly endsAt: number; readonly final: boolean }
  | { readonly at: "over" };

export interface IdleOptions {
  /**
   * Asks the server how many milliseconds the session has left without another request; `active`
   * asks as a person would, which prolongs it. Rejects when nobody answers.
   */
  readonly ask: (active: boolean) => Promise<number | "over">;
  readonly presence: Presence;
  readonly now?: () => number;
}

/**
 * Watches one session for idleness. The server alone knows when it ends, because other pages and
 * calls count too: this only asks it in time, without that counting as activity.
 */
export class IdleWatch {
  readonly #state = new Store<IdleState>({ at: "here" });
  readonly #options: IdleOptions;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stops: (() => void)[] = [];
  /** When the session ends by what was known last. */
  #endsAt = 0;
  #activeAt: number;
  #running = false;

  constructor(options: IdleOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#activeAt = this.#now();
  }

  get state(): Readable<IdleState> {
    return this.#state;
  }

  /** Begins with what the session itself said it has left, in milliseconds. */
  start(left: number): void {
    this.#running = true;
    this.#stops = [this.#options.presence.onTouch(this.#touched)];
    // A first guess by this browser's clock is not worth a warning: near the end the server is asked.
    if (left > WARN_MS) this.#settle(Math.min(left, LONGEST_MS), false);
    else void this.#look(false);
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** The person says that they are there. */
  readonly extend = (): Promise<void> => this.#look(true);

  /** The page woke up: its timers may have slept past the end. */
  readonly wake = (): void => {
    if (this.#now() >= this.#endsAt - WARN_MS) void this.#look(false);
  };

  readonly #touched = (): void => {
    if (this.#state.get().at !== "here" || this.#now() - this.#activeAt < TOUCH_EVERY_MS) return;
    void this.#look(true);
  };

  async #look(active: boolean): Promise<void> {
    const asPerson = active || this.#options.presence.held;
    if (asPerson) this.#activeAt = this.#now();
    // When nobody answers, what was known last counts; past the end, that is the end.
    const answer = await this.#options.ask(asPerson).catch(() => undefined);
    const left = answer ?? this.#endsAt - this.#now();
    if (!this.#running) return;
    if (left === "over" || left <= 0) this.#finish();
    else this.#settle(left, asPerson && answer !== undefined);
  }

  #settle(left: number, asked: boolean): void {
    this.#endsAt = this.#now() + left;
    clearTimeout(this.#timer);
    if (left > WARN_MS) {
      this.#state.set({ at: "here" });
      this.#timer = setTimeout(() => void this.#look(false), left - WARN_MS);
      return;
    }
    const before = this.#state.get();
    // Asked for and still near its end: that is the longest a sign-in lasts.
    const final = asked || (before.at === "warned" && before.final);
    this.#state.set({ at: "warned", endsAt: this.#endsAt, final });
    this.#timer = setTimeout(() => void this.#look(false), Math.max(0, Math.min(LOOK_AGAIN_MS, left)));
  }

  #finish(): void {
    this.stop();
    this.#state.set({ at: "over" });
  }
}
