import type { DeviceCheck } from "@shared/api/types";

/** What this tab remembers of a visit's preparation. Results and device ids only, nothing of the person. */
export interface Progress {
  readonly report: DeviceCheck;
  /** When the check was finished, in milliseconds since 1970. */
  readonly at: number;
  readonly chosen: { readonly camera?: string; readonly microphone?: string };
}

/** A check is good for four hours: people move rooms, and headsets run empty. */
const GOOD_FOR_MS = 4 * 3_600_000;

const key = (visitId: string): string => `bedside.check.${visitId}`;

/** The finished check of this tab, if any: a refresh must not ask for it again. */
export function loadProgress(visitId: string): Progress | undefined {
  try {
    const text = sessionStorage.getItem(key(visitId));
    if (text === null) return undefined;
    const progress = JSON.parse(text) as Progress;
    return Date.now() - progress.at < GOOD_FOR_MS ? progress : undefined;
  } catch {
    // No storage, or not ours: the check is simply asked for again.
    return undefined;
  }
}

export function saveProgress(visitId: string, progress: Progress): void {
  try {
    sessionStorage.setItem(key(visitId), JSON.stringify(progress));
  } catch {
    // Without storage the check holds until the page is left.
  }
}

/** Makes the check be asked for again. */
export function clearProgress(visitId: string): void {
  try {
    sessionStorage.removeItem(key(visitId));
  } catch {
    // Nothing was stored then.
  }
}
