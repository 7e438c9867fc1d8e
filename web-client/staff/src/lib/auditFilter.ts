import type { AuditEvent } from "@shared/api/types";
import { dayBounds, instantOf } from "./clinicTime";
import type { AuditFilter } from "./staffQueries";

/** The filter as the API wants it: whole days of the clinic, `to` inclusive. */
export function filterOf(patientId: string | undefined, from: string, to: string, zone: string): AuditFilter {
  const first = from === "" ? undefined : instantOf(from, "12:00", zone);
  const last = to === "" ? undefined : instantOf(to, "12:00", zone);
  return {
    ...(patientId === undefined ? {} : { patient_id: patientId }),
    ...(first === undefined ? {} : { from: dayBounds(first.getTime(), zone).from }),
    ...(last === undefined ? {} : { to: dayBounds(last.getTime(), zone).to }),
  };
}

/** "visit.return_to_waiting" as people say it: "Visit: return to waiting". */
export function actionWords(action: string): string {
  const [subject = action, ...rest] = action.split(".");
  const words = (text: string): string => text.replaceAll("_", " ");
  const head = words(subject);
  const capital = head.charAt(0).toUpperCase() + head.slice(1);
  return rest.length === 0 ? capital : `${capital}: ${words(rest.join(" "))}`;
}

/** Who acted: a person, a part of the server, or somebody who was not signed in. */
export function whoOf({ actor, service }: Pick<AuditEvent, "actor" | "service">): string {
  if (actor !== null) return actor.display_name;
  return service === null ? "Not signed in" : `Server (${service})`;
}

/** Whether an outcome is a refusal or failure, so that it is marked by word and icon. */
export function isRefusal(outcome: string): boolean {
  return !["success", "ok", "allowed", "permitted"].includes(outcome);
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A typed patient id once it is whole; before that it narrows nothing. */
export function patientIdOf(typed: string): string | undefined {
  const id = typed.trim();
  return ID.test(id) ? id.toLowerCase() : undefined;
}

/** Whether something was typed that is not an id yet. */
export function isHalfId(typed: string): boolean {
  return typed.trim() !== "" && patientIdOf(typed) === undefined;
}
