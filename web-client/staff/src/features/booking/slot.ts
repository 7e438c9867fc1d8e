import { ApiError } from "@shared/api/error";
import type { Patient, Provider } from "@shared/api/types";
import { instantOf, wallTime } from "../../lib/clinicTime";

/** What the booking form holds: dates and times as typed, in the clinic's zone. */
export interface Draft {
  readonly patient: Patient | null;
  readonly providerId: Provider["id"] | null;
  readonly date: string;
  readonly time: string;
  readonly minutes: number;
  readonly reason: string;
}

export type DraftErrors = Partial<Record<keyof Draft, string>>;

export const MAX_REASON = 500;

/** Why the draft cannot be sent yet, by field; empty when it can. */
export function check(draft: Draft, zone: string, now: number): DraftErrors {
  const errors: DraftErrors = {};
  if (draft.patient === null) errors.patient = "Choose the patient from the list.";
  if (draft.providerId === null) errors.providerId = "Choose a clinician.";
  if (draft.reason.trim() === "") errors.reason = "Say in a few words what the visit is about.";
  if (draft.date === "") errors.date = "Choose a day.";
  if (draft.time === "") errors.time = "Choose a time.";
  if (draft.date === "" || draft.time === "") return errors;
  const start = instantOf(draft.date, draft.time, zone);
  if (start === undefined) errors.time = "Clocks change that night; this time does not exist.";
  else if (start.getTime() + draft.minutes * 60_000 <= now) errors.time = "This time has passed.";
  return errors;
}

/** The start of a checked draft as the API wants it. */
export function startOf(draft: Draft, zone: string): string | undefined {
  return instantOf(draft.date, draft.time, zone)?.toISOString();
}

/** The draft moved to a free start the server offered. */
export function movedTo(draft: Draft, startsAt: string, zone: string): Draft {
  return { ...draft, ...wallTime(startsAt, zone) };
}

/** Free starts offered with a `slot_taken` refusal; undefined for every other error. */
export function alternativesOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof ApiError) || error.code !== "slot_taken") return undefined;
  const offered = error.extra["alternatives"];
  return Array.isArray(offered) ? offered.filter((one): one is string => typeof one === "string") : [];
}
