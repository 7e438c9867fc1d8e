/** For so long after a hand's last move, what the page asks is asked for a person, in milliseconds. */
const ATTENDED_MS = 10_000;

/** Tells the server that no person caused a request, so that it does not count as activity. */
export const BACKGROUND_HEADER = "Bedside-Background";

/**
 * Whether somebody is at this page. Hands on it say so, and whatever holds it, such as a call or
 * the waiting room, where a person is present without touching anything.
 */
export class Presence {
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #touched: number;
  #holders = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    // Somebody has just opened the page.
    this.#touched = now();
  }

  /** Whether what happens now happens for a person. */
  get attended(): boolean {
    return this.held || this.#now() - this.#touched < ATTENDED_MS;
  }

  /** Whether the person counts as present without touching anything. */
  get held(): boolean {
    return this.#holders > 0;
  }

  /** A hand moved. */
  readonly touch = (): void => {
    this.#touched = this.#now();
    for (const listener of this.#listeners) listener();
  };

  /** Keeps the person present until the returned function is called. */
  hold(): () => void {
    this.#holders += 1;
    let holding = true;
    return () => {
      if (holding) this.#holders -= 1;
      holding = false;
    };
  }

  /** Calls `listener` at each touch until the returned function is called. */
  onTouch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** What a hand does; a mouse that is merely pushed is no hand on the page. */
const HANDS = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

/** Reports the hands on a page to `presence` until the returned function is called. */
export function watchHands(presence: Presence, page: EventTarget = window): () => void {
  for (const event of HANDS) page.addEventListener(event, presence.touch, { capture: true, passive: true });
  return () => {
    for (const event of HANDS) page.removeEventListener(event, presence.touch, { capture: true });
  };
}
