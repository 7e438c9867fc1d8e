import type { Visit } from "@shared/api/types";
import { ageAt } from "../lib/visit";
import styles from "./PatientLine.module.css";

/** Name first, then age and pronouns; `id` lets a button of the row say whom it acts on. */
export function PatientLine({ patient, now, id }: { readonly patient: Visit["patient"]; readonly now: number; readonly id?: string }) {
  return (
    <span className={styles["line"]}>
      <strong id={id}>{patient.display_name}</strong>
      <span className={styles["about"]}>
        {ageAt(patient.date_of_birth, now)} y{patient.pronouns === null ? "" : ` · ${patient.pronouns}`}
      </span>
    </span>
  );
}
