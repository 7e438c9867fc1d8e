import { Button, Title } from "@mantine/core";
import type { Visit } from "@shared/api/types";
import type { Actor } from "../../lib/act";
import { timeOfDay } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { formatMinutes, may, type Stage, statusOf, waitedMinutes } from "../../lib/visit";
import { PatientLine } from "../../ui/PatientLine";
import { Readiness } from "../../ui/Readiness";
import { StatusBadge } from "../../ui/StatusBadge";
import { VisitMenu } from "../../ui/VisitMenu";
import styles from "./Board.module.css";

const EMPTY: Record<Stage, string> = {
  waiting: "Nobody is waiting.",
  with_clinician: "No visit is running.",
  expected: "Nobody else is expected today.",
  finished: "No visit has finished yet.",
};

interface GroupProps {
  readonly stage: Stage;
  readonly title: string;
  readonly visits: readonly Visit[];
  readonly now: number;
  readonly actor: Actor;
}

/** One group of the board; on a phone its rows become short paragraphs. */
export function BoardGroup({ stage, title, visits, now, actor }: GroupProps) {
  const titleId = `board-${stage}`;
  return (
    <section className={styles["group"]} aria-labelledby={titleId}>
      <Title order={2} id={titleId} className={styles["title"]}>
        {title} <span className={styles["count"]}>{visits.length}</span>
      </Title>
      {visits.length === 0 ? (
        <p className={styles["empty"]}>{EMPTY[stage]}</p>
      ) : (
        <table className={styles["table"]} aria-labelledby={titleId}>
          <colgroup>
            <col className={styles["stateColumn"]} />
            <col />
            <col className={styles["clinicianColumn"]} />
            <col className={styles["actionsColumn"]} />
          </colgroup>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">State and wait</th>
              <th scope="col">Patient</th>
              <th scope="col">Time and clinician</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {visits.map((visit) => (
              <BoardRow key={visit.id} visit={visit} now={now} actor={actor} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function BoardRow({ visit, now, actor }: { readonly visit: Visit; readonly now: number; readonly actor: Actor }) {
  const zone = useAccount().clinic.time_zone;
  const status = statusOf(visit, now);
  const waited = waitedMinutes(visit, now);
  const nameId = `name-${visit.id}`;
  return (
    <tr data-tone={status.tone}>
      <td className={styles["state"]}>
        <StatusBadge status={status} />
        {waited === undefined ? null : <span className={styles["wait"]}>{formatMinutes(waited)}</span>}
      </td>
      <th scope="row" className={styles["patient"]}>
        <PatientLine id={nameId} patient={visit.patient} now={now} />
        <span className={styles["about"]}>{visit.reason}</span>
        {waited === undefined ? null : <Readiness visit={visit} />}
      </th>
      <td className={styles["clinician"]}>
        <span className="tabular">{timeOfDay(visit.starts_at, zone)}</span>
        <span className={styles["about"]}>{visit.clinician.display_name}</span>
      </td>
      <td className={styles["actions"]}>
        <PrimaryAction visit={visit} actor={actor} nameId={nameId} />
        <VisitMenu visit={visit} actor={actor} />
      </td>
    </tr>
  );
}

/** The step that comes next for a coordinator; none when the visit is with a clinician or over. */
function PrimaryAction({ visit, actor, nameId }: { readonly visit: Visit; readonly actor: Actor; readonly nameId: string }) {
  const action = may(visit, "admit") ? "admit" : may(visit, "check_in") ? "check_in" : undefined;
  if (action === undefined) return null;
  return (
    <Button
      size="xs"
      variant={action === "admit" && visit.state === "ready" ? "filled" : "default"}
      aria-describedby={nameId}
      loading={actor.isBusy(visit, action)}
      onClick={() => actor.act({ visit, action })}
    >
      {action === "admit" ? "Admit" : "Check in"}
    </Button>
  );
}
