import type { Visit, VisitState } from "@shared/api/types";

const LIVE: readonly VisitState[] = ["in_progress", "admitted", "ready", "checked_in"];
const OVER: ReadonlySet<VisitState> = new Set(["completed", "cancelled", "no_show"]);

export interface Picked {
  /** The visit to show large: one that is going on, else the next one. */
  readonly next: Visit | undefined;
  /** The other visits to come, soonest first. */
  readonly later: readonly Visit[];
}

/** Sorts a person's visits by what matters to them now. */
export function pickVisits(visits: readonly Visit[], now: Date): Picked {
  const open = visits
    .filter((visit) => !OVER.has(visit.state))
    // A visit that is going on is never dropped for its time; a scheduled one can be missed.
    .filter((visit) => visit.state !== "scheduled" || new Date(visit.window_closes_at) > now)
    .sort((a, b) => a.starts_at.localeCompare(b.starts_at));
  const live = open.filter((visit) => LIVE.includes(visit.state)).sort((a, b) => LIVE.indexOf(a.state) - LIVE.indexOf(b.state));
  const next = live[0] ?? open[0];
  return { next, later: open.filter((visit) => visit !== next) };
}
