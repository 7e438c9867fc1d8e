import { codeOf } from "@shared/api/error";
import { type Readable, Store } from "@shared/lib/store";

/** Thrown when the person closed the question instead of proving who they are. */
export class StepUpDeclined extends Error {
  override readonly name = "StepUpDeclined";

  constructor() {
    super("the person did not prove who they are");
  }
}

/** The question that is open now. */
export interface StepUpQuestion {
  /** The person proved it: whatever waits goes on. */
  readonly proved: () => void;
  /** The person declined: whatever waits fails with {@link StepUpDeclined}. */
  readonly declined: () => void;
}

/**
 * Proves again who is signed in whenever the server asks for it. One question at a time: calls that
 * are refused while it is open wait for the same answer. A call is tried once more, never again.
 */
export class StepUpGate {
  readonly #question = new Store<StepUpQuestion | undefined>(undefined);
  #open: Promise<void> | undefined;

  get question(): Readable<StepUpQuestion | undefined> {
    return this.#question;
  }

  /** Runs `call`; if it is refused with `step_up_required`, asks, and runs it once more. */
  readonly run = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (codeOf(error) !== "step_up_required") throw error;
    }
    await this.#ask();
    return call();
  };

  #ask(): Promise<void> {
    this.#open ??= new Promise<void>((resolve, reject) => {
      const close = (): void => {
        this.#open = undefined;
        this.#question.set(undefined);
      };
      this.#question.set({
        proved: () => {
          close();
          resolve();
        },
        declined: () => {
          close();
          reject(new StepUpDeclined());
        },
      });
    });
    return this.#open;
  }
}
