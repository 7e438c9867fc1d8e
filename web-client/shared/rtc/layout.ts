import type { LocalState } from "./local-media";
import type { Member, Picture } from "./members";

/** Something to show: a person, with or without picture, or the screen they share. */
export type Tile =
  | { readonly key: string; readonly kind: "person"; readonly of: Member }
  | { readonly key: string; readonly kind: "screen"; readonly of: Member; readonly picture: Picture };

/** What this person wants to see; it outlives who comes and goes. */
export interface Choice {
  /** With several others: all of one size, or whoever speaks large. */
  readonly view: "everyone" | "speaker";
  /** The tile to keep large, by key. */
  readonly pinned: string | undefined;
}

/** What the large area shows. */
export type Stage =
  /** One tile, large; the others are small beside it. */
  | { readonly kind: "large"; readonly tile: Tile; readonly pinned: boolean }
  /** Everybody in one size. */
  | { readonly kind: "everyone" }
  /** Nobody else is here yet. */
  | { readonly kind: "alone" };

export interface Layout {
  readonly stage: Stage;
  /** The tiles of one size: all of them, or those beside the large one. */
  readonly tiles: readonly Tile[];
  /** People and screens for whom there is no room now. They are heard; who speaks gets a tile. */
  readonly unseen: number;
  /** This person's own picture. */
  readonly self: Picture | undefined;
  /** Alone with one other, the own picture floats in a corner; among several it is a tile, over nobody. */
  readonly selfPlace: "corner" | "tile";
  /** Who spoke, the latest first. */
  readonly recent: readonly string[];
}

/** Tiles on the page, the own one included: more would be too small to read a face. */
export const MAX_TILES = 12;

/**
 * Who is shown where. What is pinned takes the large place, else a shared screen, else the only
 * other person, else, if so chosen, whoever speaks. Nobody moves while nobody speaks or comes or
 * goes: `previous` keeps every place.
 */
export function layoutOf(members: readonly Member[], local: LocalState, choice: Choice, previous?: Layout): Layout {
  const recent = recentOf(members, previous);
  const self = local.cameraPicture;
  if (members.length === 0) return { stage: { kind: "alone" }, tiles: [], unseen: 0, self, selfPlace: "corner", recent };
  const all = tilesOf(members);
  const large = largeOf(all, members, choice, recent, previous);
  const rest = all.filter((tile) => tile !== large);
  const room = rest.length + 1 > MAX_TILES ? MAX_TILES - 2 : rest.length;
  const tiles = shownOf(rest, room, recent, previous);
  return {
    stage: large === undefined ? { kind: "everyone" } : { kind: "large", tile: large, pinned: large.key === choice.pinned },
    tiles,
    unseen: rest.length - tiles.length,
    self,
    selfPlace: rest.length === 0 ? "corner" : "tile",
    recent,
  };
}

/** Screens first, then people by time of joining. */
function tilesOf(members: readonly Member[]): Tile[] {
  const screens = members.flatMap((of): Tile[] => {
    return of.screen === undefined ? [] : [{ key: `screen:${of.identity}`, kind: "screen", of, picture: of.screen }];
  });
  return [...screens, ...members.map((of): Tile => ({ key: `person:${of.identity}`, kind: "person", of }))];
}

function largeOf(
  all: readonly Tile[],
  members: readonly Member[],
  { view, pinned }: Choice,
  recent: readonly string[],
  previous: Layout | undefined,
): Tile | undefined {
  const chosen = all.find((tile) => tile.key === pinned);
  if (chosen !== undefined) return chosen;
  const before = previous?.stage.kind === "large" ? previous.stage.tile.key : undefined;
  const screens = all.filter((tile) => tile.kind === "screen");
  if (screens.length > 0) return screens.find((tile) => tile.key === before) ?? screens[0];
  if (members.length === 1) return all[0];
  if (view === "everyone") return undefined;
  const kept = all.find((tile) => tile.key === before);
  // Somebody who is still speaking is not interrupted by a second voice.
  if (kept?.of.speaking) return kept;
  const speaker = recent.find((identity) => members.some((member) => member.identity === identity));
  return all.find((tile) => tile.of.identity === speaker) ?? kept ?? all[0];
}

/** At most `room` of the tiles, as they stood; a speaker without a place takes that of the longest silent. */
function shownOf(rest: readonly Tile[], room: number, recent: readonly string[], previous: Layout | undefined): Tile[] {
  if (rest.length <= room) return [...rest];
  const before = new Set(previous?.tiles.map((tile) => tile.key));
  const kept = rest.filter((tile) => before.has(tile.key));
  const others = rest.filter((tile) => !before.has(tile.key));
  const shown = [...kept, ...others].slice(0, room);
  const rank = (tile: Tile): number => {
    const at = recent.indexOf(tile.of.identity);
    return at < 0 ? recent.length : at;
  };
  for (const speaker of rest.filter((tile) => tile.kind === "person" && tile.of.speaking && !shown.includes(tile))) {
    const silent = shown.filter((tile) => tile.kind === "person" && !tile.of.speaking);
    const leaves = silent.toSorted((a, b) => rank(b) - rank(a))[0];
    if (leaves !== undefined) shown[shown.indexOf(leaves)] = speaker;
  }
  return shown;
}

function recentOf(members: readonly Member[], previous: Layout | undefined): readonly string[] {
  const speaking = members.filter((member) => member.speaking).map((member) => member.identity);
  const before = previous?.recent ?? [];
  const here = before.filter((identity) => !speaking.includes(identity) && members.some((member) => member.identity === identity));
  // Those who go on speaking keep their order among themselves.
  const order = [...speaking].sort((a, b) => placeOf(before, a) - placeOf(before, b));
  return [...order, ...here];
}

function placeOf(before: readonly string[], identity: string): number {
  const at = before.indexOf(identity);
  return at < 0 ? -1 : at;
}
