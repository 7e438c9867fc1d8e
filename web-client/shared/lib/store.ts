/**
 * A value that changes over time, in the form React's `useSyncExternalStore` reads. React-free.
 */
export interface Readable<T> {
  /** The present value; the same object until something changed. */
  readonly get: () => T;
  /** Calls `listener` after each change until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A {@link Readable} whose owner can set it. Listeners run synchronously, in order of arrival. */
export class Store<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Replaces the value; the same value again tells nobody. */
  set(next: T): void {
    if (Object.is(next, this.#value)) return;
    this.#value = next;
    for (const listener of this.#listeners) listener();
  }
}

/** Changes some members of an object store. */
export function patch<T extends object>(store: Store<T>, change: Partial<T>): void {
  store.set({ ...store.get(), ...change });
}
