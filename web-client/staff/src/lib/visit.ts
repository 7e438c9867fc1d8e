import type { Visit } from "@shared/api/types";

/** The four groups in which staff think of a day's visits, in the order in which they need attention. */
export type Stage = "waiting" | "with_clinician" | "expected" | "finished";

export const STAGES: readonly Stage[] = ["waiting", "with_clinician", "expected", "finished"];

export const STAGE_TITLE: Record<Stage, string> = {
  waiting: "Waiting",
  with_clinician: "With a clinician",
  expected: "Expected",
  finished: "Finished",
};

const STAGE_OF: Record<Visit["state"], Stage> = {
  scheduled: "expected",
  checked_in: "waiting",
  ready: "waiting",
  admitted: "with_clinician",
  in_progress: "with_clinician",
  completed: "finished",
  cancelled: "finished",
  no_show: "finished",
};

/** The group a visit belongs to. */
export function stageOf(visit: Pick<Visit, "state">): Stage {
  return STAGE_OF[visit.state];
}

/** Amber means waiting, green ready, red urgent, accent a live visit; calm is everything that asks nothing. */
export type Tone = "waiting" | "ready" | "urgent" | "live" | "calm";

export type StatusIcon = "calendar" | "clock" | "hourglass" | "check" | "alert" | "door" | "video" | "done" | "cancelled" | "absent";

/** How a visit's state is shown: never by colour alone, always with this icon and these words. */
export interface Status {
  readonly tone: Tone;
  readonly icon: StatusIcon;
  readonly word: string;
}

/** The part of a visit that its status depends on; previous visits carry no check-in. */
type Timing = Pick<Visit, "state" | "starts_at"> & Partial<Pick<Visit, "checked_in_at">>;

/** After this many minutes past the later of check-in and start, a wait is called long. */
export const LONG_WAIT_MINUTES = 15;

const MINUTE = 60_000;

const minutesBetween = (from: number, to: number): number => Math.max(0, Math.floor((to - from) / MINUTE));

/** Whole minutes since check-in while the patient waits; undefined in every other state. */
export function waitedMinutes(visit: Visit, now: number): number | undefined {
  if (stageOf(visit) !== "waiting" || visit.checked_in_at === null) return undefined;
  return minutesBetween(Date.parse(visit.checked_in_at), now);
}

/** Whether the patient has waited too long; coming early does not make a wait long. */
export function isLongWait(visit: Timing, now: number): boolean {
  if (stageOf(visit) !== "waiting" || visit.checked_in_at === null || visit.checked_in_at === undefined) return false;
  const due = Math.max(Date.parse(visit.checked_in_at), Date.parse(visit.starts_at));
  return now - due >= LONG_WAIT_MINUTES * MINUTE;
}

const FIXED: Partial<Record<Visit["state"], Status>> = {
  admitted: { tone: "live", icon: "door", word: "Admitted" },
  in_progress: { tone: "live", icon: "video", word: "In visit" },
  completed: { tone: "calm", icon: "done", word: "Completed" },
  cancelled: { tone: "calm", icon: "cancelled", word: "Cancelled" },
  no_show: { tone: "calm", icon: "absent", word: "No show" },
};

/** What to show for a visit at `now` (milliseconds, server time). */
export function statusOf(visit: Timing, now: number): Status {
  const fixed = FIXED[visit.state];
  if (fixed) return fixed;
  if (visit.state === "scheduled") {
    return Date.parse(visit.starts_at) <= now
      ? { tone: "waiting", icon: "clock", word: "Not here yet" }
      : { tone: "calm", icon: "calendar", word: "Expected" };
  }
  if (isLongWait(visit, now)) return { tone: "urgent", icon: "alert", word: "Long wait" };
  return visit.state === "ready"
    ? { tone: "ready", icon: "check", word: "Ready" }
    : { tone: "waiting", icon: "hourglass", word: "Checked in" };
}

/** "under 1 min", "7 min", "1 h 05 min". */
export function formatMinutes(minutes: number): string {
  if (minutes < 1) return "under 1 min";
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Whether the server lets the caller take this action on the visit now. */
export function may(visit: Visit, action: Visit["actions"][number]): boolean {
  return visit.actions.includes(action);
}

/** A day's visits by group: those waiting longest first, everything else by start. */
export function byStage(visits: readonly Visit[]): Record<Stage, Visit[]> {
  const groups: Record<Stage, Visit[]> = { waiting: [], with_clinician: [], expected: [], finished: [] };
  for (const visit of visits) groups[stageOf(visit)].push(visit);
  const start = (visit: Visit): number => Date.parse(visit.starts_at);
  const arrival = (visit: Visit): number => (visit.checked_in_at === null ? start(visit) : Date.parse(visit.checked_in_at));
  groups.waiting.sort((a, b) => arrival(a) - arrival(b));
  groups.with_clinician.sort((a, b) => start(a) - start(b));
  groups.expected.sort((a, b) => start(a) - start(b));
  groups.finished.sort((a, b) => start(a) - start(b));
  return groups;
}

/** Whole years of age at `now`; a date of birth is a calendar date without zone. */
export function ageAt(dateOfBirth: string, now: number): number {
  const [year = 0, month = 1, day = 1] = dateOfBirth.split("-").map(Number);
  const today = new Date(now);
  const before = today.getMonth() + 1 < month || (today.getMonth() + 1 === month && today.getDate() < day);
  return today.getFullYear() - year - (before ? 1 : 0);
}
