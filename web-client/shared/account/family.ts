import type { ProxyBasis, ProxyGrant, ProxyLevel } from "@shared/api/types";

interface LevelWords {
  readonly name: string;
  readonly about: string;
}

/** What each level lets somebody do, each including the ones before. */
export const LEVEL_WORDS: Readonly<Record<ProxyLevel, LevelWords>> = {
  view: { name: "See", about: "See the visits and the health record." },
  schedule: { name: "See and call off", about: "Also call visits off." },
  full: { name: "Act in the patient’s place", about: "Also check in and prepare visits." },
};

export const LEVELS: readonly ProxyLevel[] = ["view", "schedule", "full"];

export const BASIS_WORDS: Readonly<Record<ProxyBasis, string>> = {
  patient: "The patient’s own word",
  parental_responsibility: "A parent’s papers",
  legal_authority: "A court’s order or power of attorney",
};

export type GrantStanding = "counts" | "later" | "over" | "taken_back";

/** Whether a grant counts at `now`. */
export function standingOf(grant: Pick<ProxyGrant, "starts_at" | "ends_at" | "revoked_at">, now: number): GrantStanding {
  if (grant.revoked_at !== null) return "taken_back";
  if (grant.ends_at !== null && Date.parse(grant.ends_at) <= now) return "over";
  return Date.parse(grant.starts_at) > now ? "later" : "counts";
}

/** The end of a day that was chosen in a calendar, as an instant of this browser's zone; undefined when it is past or none. */
export function endOfDay(date: string, now: number): string | undefined {
  const end = new Date(`${date}T23:59:59`);
  return Number.isNaN(end.getTime()) || end.getTime() <= now ? undefined : end.toISOString();
}
