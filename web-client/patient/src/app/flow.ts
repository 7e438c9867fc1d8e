import type { Visit } from "@shared/api/types";

/** Which screen a visit asks for. Rules only; what the person already did here comes as arguments. */
export type FlowStep =
  | "too_late"
  | "prepare"
  | "consent"
  | "check_in"
  | "waiting"
  | "join"
  | "finished"
  | "cancelled"
  | "missed";

export interface Done {
  /** The device check was finished or skipped in this tab. */
  readonly checked: boolean;
}

/**
 * The step that comes next. The server's state decides; consent comes before everything that needs
 * it, also for someone admitted straight from check-in.
 */
export function flowStep(visit: Visit, done: Done, now: Date): FlowStep {
  switch (visit.state) {
    case "completed":
      return "finished";
    case "cancelled":
      return "cancelled";
    case "no_show":
      return "missed";
    case "ready":
      return "waiting";
    case "admitted":
    case "in_progress":
      return visit.consent_telehealth ? "join" : "consent";
    case "scheduled":
      if (now > new Date(visit.window_closes_at)) return "too_late";
      return preparation(visit, done);
    case "checked_in":
      return preparation(visit, done);
  }
}

function preparation(visit: Visit, done: Done): FlowStep {
  if (!done.checked) return "prepare";
  return visit.consent_telehealth ? "check_in" : "consent";
}
