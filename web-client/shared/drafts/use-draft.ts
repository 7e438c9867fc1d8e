import { createContext, useContext, useEffect, useRef, useState } from "react";
import { Drafts } from "./drafts";
import { browserStorage } from "./storage";

const Context = createContext<Drafts | undefined>(undefined);

/** Gives the screens below it the drafts of the signed-in account. */
export const DraftsProvider = Context.Provider;

/** The drafts of the signed-in account; undefined when nobody is. */
export const useDrafts = (): Drafts | undefined => useContext(Context);

/** The drafts of one account in this browser. */
export const draftsOf = (account: string): Drafts => new Drafts(account, browserStorage);

/** A pause in typing after which it is kept, in milliseconds. */
const PAUSE_MS = 400;

/**
 * Keeps what is being written under `name` until it is empty again, and gives back once what an
 * ended session left there. `value` must be the same object while nothing was typed.
 */
export function useDraft<T>(name: string, value: T, isEmpty: (value: T) => boolean, restore: (value: T) => void): { readonly restored: boolean } {
  const drafts = useContext(Context);
  const [restored, setRestored] = useState(false);
  // What a later moment needs of this render: a clean-up runs when the screen is gone.
  const latest = useRef({ value, isEmpty, restore });
  const kept = useRef<T | undefined>(undefined);
  useEffect(() => {
    latest.current = { value, isEmpty, restore };
  });

  useEffect(() => {
    let here = true;
    const giveBack = async (): Promise<void> => {
      const found = (await drafts?.read(name)) as T | undefined;
      if (!here || found === undefined || !latest.current.isEmpty(latest.current.value)) return;
      kept.current = found;
      latest.current.restore(found);
      setRestored(true);
    };
    void giveBack();
    const flush = (): void => {
      const now = latest.current;
      if (drafts === undefined || Object.is(kept.current, now.value)) return;
      if (!now.isEmpty(now.value)) void drafts.keep(name, now.value);
    };
    window.addEventListener("pagehide", flush);
    return () => {
      here = false;
      window.removeEventListener("pagehide", flush);
      flush();
    };
  }, [drafts, name]);

  useEffect(() => {
    if (drafts === undefined || Object.is(kept.current, value)) return undefined;
    if (isEmpty(value)) {
      // Sent, saved or wiped by hand; at the beginning there is nothing of ours to drop.
      if (kept.current !== undefined) void drafts.drop(name);
      kept.current = undefined;
      return undefined;
    }
    const timer = setTimeout(() => {
      kept.current = value;
      void drafts.keep(name, value);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [drafts, name, value, isEmpty]);
  return { restored };
}
