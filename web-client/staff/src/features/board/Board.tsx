import { Select, Skeleton, TextInput } from "@mantine/core";
import { CalendarX2, Search } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { useActor } from "../../lib/act";
import { longDay } from "../../lib/clinicTime";
import { useAccount } from "../../lib/session";
import { byStage, isLongWait, STAGE_TITLE, STAGES, stageOf } from "../../lib/visit";
import { useWaitingRoom } from "../../lib/waitingRoom";
import { Page } from "../../ui/Page";
import { InvitedList } from "../../ui/people/InvitedList";
import { Failure, Quiet } from "../../ui/Quiet";
import { Refusal } from "../../ui/Refusal";
import styles from "./Board.module.css";
import { BoardGroup } from "./BoardGroup";
import { cliniciansOf, narrow } from "./filter";

/** Every visit of the clinic today, grouped by where the patient is; kept current by push alone. */
export function Board() {
  const zone = useAccount().clinic.time_zone;
  const room = useWaitingRoom();
  const actor = useActor();
  const [clinician, setClinician] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const shown = narrow(room.visits, clinician, typed);
  const groups = byStage(shown);
  const all = byStage(room.visits);
  const long = room.visits.filter((visit) => isLongWait(visit, room.now)).length;
  const choices = cliniciansOf(room.visits, (visit) => stageOf(visit) === "waiting");
  const summary = [
    `${all.waiting.length} waiting`,
    ...(long > 0 ? [`${long} for too long`] : []),
    `${all.with_clinician.length} with a clinician`,
    `${all.expected.length} to come`,
  ].join(" · ");
  return (
    <Page
      title="Board"
      tabTitle={all.waiting.length === 0 ? "Board" : `(${all.waiting.length}) Board`}
      summary={room.data === undefined ? undefined : `${longDay(room.now, zone)} · ${summary}`}
      aside={
        <div className={styles["filters"]}>
          <TextInput aria-label="Find a patient" placeholder="Find a patient" type="search" leftSection={<Search size={16} aria-hidden />} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
          <Select
            aria-label="Clinician"
            placeholder="All clinicians"
            clearable
            clearButtonProps={{ "aria-label": "Show all clinicians", tabIndex: 0 }}
            data={choices.map(({ id, name, waiting }) => ({ value: id, label: waiting === 0 ? name : `${name} (${waiting} waiting)` }))}
            value={clinician}
            onChange={setClinician}
          />
        </div>
      }
    >
      <Refusal actor={actor} />
      <InvitedList />
      {room.isPending ? <Loading /> : null}
      {room.isError && room.data === undefined ? <Failure error={room.error} what="The board" onRetry={() => void room.refetch()} /> : null}
      {room.data !== undefined && room.visits.length === 0 ? (
        <Quiet icon={CalendarX2} title="No visits today" action={<Link href="/book">Book a visit</Link>}>
          The board fills by itself as soon as a visit is booked for today.
        </Quiet>
      ) : null}
      {room.visits.length > 0
        ? STAGES.map((stage) => (
            <BoardGroup key={stage} stage={stage} title={STAGE_TITLE[stage]} visits={groups[stage]} now={room.now} actor={actor} />
          ))
        : null}
    </Page>
  );
}

function Loading() {
  return (
    <section aria-busy="true" aria-label="Loading the board" className={styles["loading"]}>
      <Skeleton height={28} width={120} />
      <Skeleton height={52} />
      <Skeleton height={52} />
      <Skeleton height={52} />
    </section>
  );
}
