import type { Visit } from "@shared/api/types";
import { stageOf } from "../../lib/visit";

/**
 * Visits whose patient came into the waiting room between two looks at the day. Nothing has arrived
 * on the first look, and a patient who was sent back to wait did not arrive again.
 */
export function arrivalsBetween(before: readonly Visit[] | undefined, after: readonly Visit[]): readonly Visit[] {
  if (before === undefined) return [];
  const known = new Map(before.map((visit) => [visit.id, stageOf(visit)]));
  return after.filter((visit) => {
    const was = known.get(visit.id);
    return stageOf(visit) === "waiting" && (was === undefined || was === "expected");
  });
}

/** What is read out and shown in the tab when somebody arrives. */
export function announce(arrivals: readonly Visit[]): string {
  const names = arrivals.map((visit) => visit.patient.display_name);
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} has checked in.`;
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} have checked in.`;
}
