/**
 * Runs a reading of the day again whenever something was pushed. Pushes during a run lead to exactly
 * one more run after it: a burst neither starves the screen nor floods the server, and the last push
 * is never missed.
 */
export class Refresher {
  readonly #read: () => Promise<unknown>;
  #running = false;
  #again = false;

  constructor(read: () => Promise<unknown>) {
    this.#read = read;
  }

  request(): void {
    if (this.#running) this.#again = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    do {
      this.#again = false;
      // A failed reading shows in its own query; the next push or reconnect reads again.
      await this.#read().catch(() => undefined);
    } while (this.#again);
    this.#running = false;
  }
}
