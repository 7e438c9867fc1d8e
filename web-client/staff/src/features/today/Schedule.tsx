import { CalendarX2 } from "lucide-react";
import { Link } from "wouter";
import type { Visit } from "@shared/api/types";
import type { Actor } from "../../lib/act";
import { timeOfDay } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { stageOf, statusOf } from "../../lib/visit";
import { MediaNote } from "../../ui/MediaNote";
import { Quiet } from "../../ui/Quiet";
import { StatusBadge } from "../../ui/StatusBadge";
import { VisitMenu } from "../../ui/VisitMenu";
import styles from "./Today.module.css";

/** The whole day in order of time, each visit with its state. */
export function Schedule({ visits, now, actor }: { readonly visits: readonly Visit[]; readonly now: number; readonly actor: Actor }) {
  const zone = useAccount().clinic.time_zone;
  if (visits.length === 0) {
    return (
      <Quiet icon={CalendarX2} title="No visits today">
        Visits appear here as soon as they are booked.
      </Quiet>
    );
  }
  const inOrder = visits.toSorted((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
  return (
    <table className={styles["schedule"]} aria-labelledby="schedule-title">
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Patient</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {inOrder.map((visit) => (
          <tr key={visit.id} data-stage={stageOf(visit)}>
            <td className={`tabular ${styles["time"]}`}>{timeOfDay(visit.starts_at, zone)}</td>
            <th scope="row">
              <Link href={`/visits/${visit.id}`}>{visit.patient.display_name}</Link>
              <span className={styles["about"]}>{visit.reason}</span>
              <MediaNote media={visit.media} />
            </th>
            <td>
              <span className={styles["end"]}>
                <StatusBadge status={statusOf(visit, now)} />
                <span className={styles["menu"]}>{stageOf(visit) === "expected" ? <VisitMenu visit={visit} actor={actor} /> : null}</span>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
