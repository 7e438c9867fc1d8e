import { Check, ShieldX } from "lucide-react";
import type { AuditEvent } from "@shared/api/types";
import { precise } from "../../lib/clinicTime";
import table from "../../ui/Table.module.css";
import styles from "./Audit.module.css";
import { actionWords, isRefusal, whoOf } from "./filter";

/** One row for each entry; ids are shown short and copied whole. */
export function AuditTable({ events, zone }: { readonly events: readonly AuditEvent[]; readonly zone: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <section className={table["scroll"]} tabIndex={0} aria-label="Audit entries">
      <table className={table["table"]}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">On</th>
            <th scope="col">Patient</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.id}>
              <td className="tabular">{precise(event.at, zone)}</td>
              <th scope="row">{whoOf(event)}</th>
              <td className="tabular">{actionWords(event.action)}</td>
              <td>
                {event.resource_type.replaceAll("_", " ")} <ShortId id={event.resource_id} />
              </td>
              <td>
                <ShortId id={event.patient_id} />
              </td>
              <td>
                <Outcome outcome={event.outcome} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ShortId({ id }: { readonly id: string | null }) {
  if (id === null) return null;
  // The tail tells time-ordered ids apart; their heads are all alike.
  return (
    <code className={styles["id"]} title={id}>
      {id.length > 10 ? `…${id.slice(-8)}` : id}
    </code>
  );
}

function Outcome({ outcome }: { readonly outcome: string }) {
  const refused = isRefusal(outcome);
  const Icon = refused ? ShieldX : Check;
  return (
    <span className={styles["outcome"]} data-refused={refused}>
      <Icon size={14} aria-hidden />
      {outcome.charAt(0).toUpperCase() + outcome.slice(1)}
    </span>
  );
}
