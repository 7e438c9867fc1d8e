import { useSyncExternalStore } from "react";
import type { Readable } from "./store";

/** The value of a React-free model, kept current. */
export function useReadable<T>(source: Readable<T>): T {
  return useSyncExternalStore(source.subscribe, source.get);
}
