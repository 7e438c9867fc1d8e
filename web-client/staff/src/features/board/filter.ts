import type { Visit } from "@shared/api/types";

/** A clinician to narrow the board to. */
export interface ClinicianChoice {
  readonly id: string;
  readonly name: string;
  /** Patients waiting for this clinician now. */
  readonly waiting: number;
}

/** Everybody who has visits today, by name. */
export function cliniciansOf(visits: readonly Visit[], isWaiting: (visit: Visit) => boolean): readonly ClinicianChoice[] {
  const found = new Map<string, ClinicianChoice>();
  for (const visit of visits) {
    const { id, display_name } = visit.clinician;
    const before = found.get(id)?.waiting ?? 0;
    found.set(id, { id, name: display_name, waiting: before + (isWaiting(visit) ? 1 : 0) });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

const fold = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase();

/** Visits of one clinician (or of all) whose patient's name contains what was typed, accents aside. */
export function narrow(visits: readonly Visit[], clinicianId: string | null, typed: string): readonly Visit[] {
  const wanted = fold(typed.trim());
  return visits.filter(
    (visit) =>
      (clinicianId === null || visit.clinician.id === clinicianId) &&
      (wanted === "" || fold(visit.patient.display_name).includes(wanted)),
  );
}
