import type { Queue } from "@shared/api/types";

/** Where the person stands in the line, in words. */
export interface Place {
  readonly headline: string;
  readonly estimate: string;
}

/** "2 people before you" and "about 10–15 min". */
export function placeOf(queue: Queue | null): Place {
  if (queue === null) return { headline: "You are in line", estimate: "We are looking up your place." };
  const { ahead, estimated_minutes: minutes } = queue;
  const estimate = `about ${minutes.low === minutes.high ? minutes.high : `${minutes.low}–${minutes.high}`} min`;
  if (ahead === 0) {
    return { headline: "You are next", estimate: minutes.high > 0 ? estimate : "It will not be long." };
  }
  return { headline: `${ahead} ${ahead === 1 ? "person" : "people"} before you`, estimate };
}
