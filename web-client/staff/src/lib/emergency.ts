import { useState } from "react";
import type { EmergencyAccess } from "@shared/api/types";

/** An emergency access that this tab opened. Ids and a time, nothing of the patient. */
export interface OpenGlass {
  readonly account: string;
  readonly patient: string;
  readonly endsAt: string;
}

const KEY = "bedside.emergency";

/** What this tab remembers for `account` about `patient`; undefined when none is open at `now`. */
export function openGlass(account: string, patient: string, now: number): OpenGlass | undefined {
  try {
    const all = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as readonly OpenGlass[];
    return all.find((one) => one.account === account && one.patient === patient && Date.parse(one.endsAt) > now);
  } catch {
    // No storage, or not ours: the server still knows, only the reminder is missing.
    return undefined;
  }
}

/** Remembers an emergency access until it ends, and forgets those that are over. */
export function rememberGlass(account: string, access: Pick<EmergencyAccess, "patient_id" | "ends_at">, now: number): void {
  try {
    const all = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as readonly OpenGlass[];
    const others = all.filter((one) => Date.parse(one.endsAt) > now && one.patient !== access.patient_id);
    sessionStorage.setItem(KEY, JSON.stringify([...others, { account, patient: access.patient_id, endsAt: access.ends_at }]));
  } catch {
    // Without storage the reminder is gone after a reload.
  }
}

/** The emergency access of this tab to a patient, and how to remember a new one. */
export function useGlass(account: string, patient: string) {
  const [glass, setGlass] = useState(() => openGlass(account, patient, Date.now()));
  const opened = (access: Pick<EmergencyAccess, "patient_id" | "ends_at">): void => {
    rememberGlass(account, access, Date.now());
    setGlass({ account, patient: access.patient_id, endsAt: access.ends_at });
  };
  return { glass, opened };
}
