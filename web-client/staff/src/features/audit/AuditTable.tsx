import { UnstyledButton } from "@mantine/core";
import type { AuditEvent } from "@shared/api/types";
import { precise } from "../../lib/clinicTime";
import styles from "../../ui/Audit.module.css";
import table from "../../ui/Table.module.css";
import { Outcome, ShortId } from "../../ui/AuditCells";
import { actionWords, whoOf } from "../../lib/auditFilter";

interface Props {
  readonly events: readonly AuditEvent[];
  readonly zone: string;
  /** Narrows the log to one person. */
  readonly onPerson: (person: Person) => void;
}

/** Whose acts alone are shown. */
export type Person = NonNullable<AuditEvent["actor"]>;

/** One row for each entry; ids are shown short and copied whole. */
export function AuditTable({ events, zone, onPerson }: Props) {
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
              <th scope="row">
                <Who event={event} onPerson={onPerson} />
              </th>
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

function Who({ event, onPerson }: { readonly event: AuditEvent; readonly onPerson: (person: Person) => void }) {
  const { actor } = event;
  if (actor === null) return whoOf(event);
  return (
    <UnstyledButton className={styles["person"]} title={`Only what ${actor.display_name} did`} onClick={() => onPerson(actor)}>
      {actor.display_name}
    </UnstyledButton>
  );
}
