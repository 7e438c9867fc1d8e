import { Button } from "@mantine/core";
import { ArrowLeft, Undo2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import type { Visit } from "@shared/api/types";
import type { Call } from "@shared/rtc/call";
import type { EndReason } from "@shared/rtc/connection";
import { useActor } from "../../lib/act";
import { useNow } from "../../lib/now";
import { may, stageOf, statusOf } from "../../lib/visit";
import { KnockBar } from "../../ui/people/KnockBar";
import { PeopleButton } from "../../ui/people/PeopleButton";
import { PatientLine } from "../../ui/PatientLine";
import { Readiness } from "../../ui/Readiness";
import { Refusal } from "../../ui/Refusal";
import { StatusBadge } from "../../ui/StatusBadge";
import { EndVisit } from "./EndVisit";
import { OfferPanel } from "./OfferPanel";
import { Running } from "./Running";
import { SidePanels } from "./SidePanels";
import { joinVisit, useCall } from "./useCall";
import styles from "./VisitRoom.module.css";

interface Props {
  readonly visit: Visit;
  /** Begins the call; a harness hands in one without a server. */
  readonly begin?: (visit: Visit) => Call;
}

/** The visit around the call: who it is, where it stands, and what can be done with it. */
export function VisitRoom({ visit, begin = joinVisit }: Props) {
  const actor = useActor();
  const now = useNow();
  const { call, join, end } = useCall(() => begin(visit));
  const [here, setHere] = useState<ReadonlySet<string>>();
  const [left, setLeft] = useState<EndReason>();
  const over = stageOf(visit) !== "with_clinician";
  const name = visit.patient.display_name;
  useEffect(() => {
    document.title = `${name} · Bedside`;
  }, [name]);
  // The visit ended or went back to the waiting room, here or elsewhere: camera and microphone go off.
  useEffect(() => {
    if (over && call !== undefined) end();
  });
  const finish = (why: EndReason): void => {
    setLeft(why);
    end();
  };
  return (
    <div className={styles["room"]}>
      <header className={styles["head"]}>
        <Link href="/today" className={styles["back"]}>
          <ArrowLeft size={16} aria-hidden /> Today
        </Link>
        <h1 className={styles["who"]}>
          <PatientLine patient={visit.patient} now={now} />
        </h1>
        <StatusBadge status={statusOf(visit, now)} />
        <div className={styles["actions"]}>
          <PeopleButton visit={visit} here={call === undefined ? undefined : here} />
          {may(visit, "return_to_waiting") ? (
            <Button variant="default" leftSection={<Undo2 size={16} aria-hidden />} onClick={() => actor.act({ visit, action: "return_to_waiting" })}>
              Return to waiting room
            </Button>
          ) : null}
          <EndVisit visit={visit} actor={actor} onEnded={end} />
        </div>
      </header>
      <Refusal actor={actor} />
      <KnockBar visit={visit} />
      <div className={styles["columns"]}>
        <div className={styles["stage"]}>
          {call === undefined ? (
            <>
              <OfferPanel visit={visit} left={left} actor={actor} onJoin={join} />
              <Readiness visit={visit} />
            </>
          ) : (
            <Running call={call} alone={{ title: `Waiting for ${name}`, text: "They have been told that you are ready." }} onEnded={finish} onHere={setHere} />
          )}
        </div>
        <SidePanels visit={visit} />
      </div>
    </div>
  );
}
