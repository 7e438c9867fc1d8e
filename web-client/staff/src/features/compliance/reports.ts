import type { ReportKind, ReportRow } from "@shared/api/types";

interface ReportWords {
  readonly kind: ReportKind;
  readonly name: string;
  readonly about: string;
  /** What it cannot be made without. */
  readonly needs?: "patient" | "person";
}

/** The reports in the order a reviewer meets them. */
export const REPORTS: readonly ReportWords[] = [
  { kind: "accounting-of-disclosures", name: "By patient", about: "Everything done with one patient’s data (accounting of disclosures).", needs: "patient" },
  { kind: "user-activity", name: "By person", about: "Everything one person did.", needs: "person" },
  { kind: "break-glass", name: "Emergency access", about: "Broken glass, its review, and what was done under it." },
  { kind: "failed-sign-ins", name: "Failed sign-ins", about: "Sign-ins and proofs of identity that failed." },
  { kind: "exports", name: "Exports", about: "What left the system." },
  { kind: "after-hours", name: "After hours", about: "Staff who reached patients’ data outside working days, 7 to 19 o’clock at the clinic." },
  { kind: "same-family-name", name: "Same family name", about: "Staff who reached data of patients with their own family name." },
];

/** Whether a report can be made of what was entered. */
export function isReady(needs: ReportWords["needs"], patient: string | undefined, person: string | undefined): boolean {
  if (needs === "patient") return patient !== undefined;
  return needs === "person" ? person !== undefined : true;
}

/** Whose act a row is. */
export function actorOf({ actor_name, service }: Pick<ReportRow, "actor_name" | "service">): string {
  return actor_name ?? (service === null ? "Not signed in" : `Server (${service})`);
}

/** How far a review's deadline is, in words; 72 hours by the access policy. */
const REVIEW_WITHIN_MS = 72 * 3_600_000;

export function dueWords(startedAt: string, now: number): { text: string; late: boolean } {
  const hours = Math.round((Date.parse(startedAt) + REVIEW_WITHIN_MS - now) / 3_600_000);
  if (hours < 0) return { text: `${-hours} h overdue`, late: true };
  return { text: hours === 0 ? "due now" : `due in ${hours} h`, late: hours < 12 };
}
