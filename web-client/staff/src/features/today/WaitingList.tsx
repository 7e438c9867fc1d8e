import { Button } from "@mantine/core";
import { Armchair } from "lucide-react";
import { Link, useLocation } from "wouter";
import type { Visit } from "@shared/api/types";
import type { Actor } from "../../lib/act";
import { timeOfDay } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { formatMinutes, may, statusOf, waitedMinutes } from "../../lib/visit";
import { PatientLine } from "../../ui/PatientLine";
import { Quiet } from "../../ui/Quiet";
import { Readiness } from "../../ui/Readiness";
import { StatusBadge } from "../../ui/StatusBadge";
import { VisitMenu } from "../../ui/VisitMenu";
import styles from "./Today.module.css";

interface Props {
  readonly withYou: readonly Visit[];
  readonly waiting: readonly Visit[];
  /** Who is expected next, told when nobody waits. */
  readonly next: Visit | undefined;
  readonly now: number;
  readonly actor: Actor;
}

/** Running visits on top, then everybody who waits, longest first; the first may be admitted at a glance. */
export function WaitingList({ withYou, waiting, next, now, actor }: Props) {
  const zone = useAccount().clinic.time_zone;
  if (withYou.length + waiting.length === 0) {
    return (
      <Quiet icon={Armchair} title="Nobody is waiting">
        {next === undefined
          ? "No more visits are booked for today."
          : `${next.patient.display_name} is expected at ${timeOfDay(next.starts_at, zone)}. You will hear a sound when somebody checks in.`}
      </Quiet>
    );
  }
  // One next step stands out: go back to the running visit, or else admit who waits longest.
  const first = withYou.length > 0 ? undefined : waiting.find((visit) => may(visit, "admit"))?.id;
  return (
    <ul className={styles["list"]}>
      {withYou.map((visit) => (
        <Running key={visit.id} visit={visit} now={now} />
      ))}
      {waiting.map((visit) => (
        <Waiting key={visit.id} visit={visit} now={now} actor={actor} first={visit.id === first} />
      ))}
    </ul>
  );
}

function Running({ visit, now }: { readonly visit: Visit; readonly now: number }) {
  const status = statusOf(visit, now);
  const nameId = `name-${visit.id}`;
  return (
    <li className={styles["row"]} data-tone={status.tone}>
      <div>
        <div className={styles["who"]}>
          <PatientLine id={nameId} patient={visit.patient} now={now} />
          <StatusBadge status={status} />
        </div>
        <p className={styles["reason"]}>{visit.reason}</p>
      </div>
      <div className={styles["side"]}>
        <Button component={Link} href={`/visits/${visit.id}`} aria-describedby={nameId}>
          Open visit
        </Button>
      </div>
    </li>
  );
}

interface RowProps {
  readonly visit: Visit;
  readonly now: number;
  readonly actor: Actor;
  readonly first: boolean;
}

function Waiting({ visit, now, actor, first }: RowProps) {
  const [, navigate] = useLocation();
  const zone = useAccount().clinic.time_zone;
  const status = statusOf(visit, now);
  const nameId = `name-${visit.id}`;
  const admit = (): void => actor.act({ visit, action: "admit" }, () => navigate(`/visits/${visit.id}`));
  return (
    <li className={styles["row"]} data-tone={status.tone}>
      <div>
        <div className={styles["who"]}>
          <PatientLine id={nameId} patient={visit.patient} now={now} />
          <StatusBadge status={status} />
        </div>
        <p className={styles["reason"]}>
          {timeOfDay(visit.starts_at, zone)} · {visit.reason}
        </p>
        <Readiness visit={visit} />
      </div>
      <div className={styles["side"]}>
        <span className={styles["wait"]}>
          <strong>{formatMinutes(waitedMinutes(visit, now) ?? 0)}</strong> waiting
        </span>
        <span className={styles["end"]}>
          <VisitMenu visit={visit} actor={actor} />
          {may(visit, "admit") ? (
            <Button variant={first ? "filled" : "default"} aria-describedby={nameId} loading={actor.isBusy(visit, "admit")} onClick={admit}>
              Admit
            </Button>
          ) : null}
        </span>
      </div>
    </li>
  );
}
