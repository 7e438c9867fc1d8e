import type { Layout, Tile } from "./layout";
import type { Member, Quality } from "./members";

/** Words for how well somebody's network carries the call; none while nobody knows. */
export const QUALITY_WORDS: Readonly<Record<Quality, string | undefined>> = {
  good: "Good connection",
  fair: "Fair connection",
  poor: "Weak connection",
  lost: "Connection lost",
  unknown: undefined,
};

/** What pressing a tile does. */
export const pinWords = ({ kind, of }: Tile): string => (kind === "screen" ? `Show the screen ${of.name} shares large` : `Show ${of.name} large`);

/** Why somebody's picture stands still. */
export const HELD_WORDS = "Picture paused to keep the sound";

/** How many are here, oneself included. */
export const countWords = (members: readonly Member[]): string => `${members.length + 1} people`;

/** Who speaks now, if anybody; of several the one who began last. */
export function speakingWords({ recent }: Layout, members: readonly Member[]): string | undefined {
  const latest = members.find((member) => member.identity === recent[0]);
  return latest?.speaking ? `${latest.name} is speaking` : undefined;
}
