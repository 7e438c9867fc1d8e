import { Button, Skeleton, Title } from "@mantine/core";
import { Bell, BellOff } from "lucide-react";
import { longDay } from "../../lib/clinicTime";
import { useActor } from "../../lib/act";
import { useAccount } from "../../lib/session";
import { byStage } from "../../lib/visit";
import { useWaitingRoom } from "../../lib/waitingRoom";
import { Page } from "../../ui/Page";
import { InvitedList } from "../../ui/people/InvitedList";
import { Failure } from "../../ui/Quiet";
import { Refusal } from "../../ui/Refusal";
import { Schedule } from "./Schedule";
import styles from "./Today.module.css";
import { useArrivals } from "./useArrivals";
import { WaitingList } from "./WaitingList";

/** The clinician's day: who waits now, who is next, what is done. */
export function Today() {
  const zone = useAccount().clinic.time_zone;
  const room = useWaitingRoom();
  const actor = useActor();
  const arrivals = useArrivals(room.data?.items);
  const groups = byStage(room.visits);
  const waiting = groups.waiting.length;
  const summary = `${waiting} waiting · ${groups.expected.length} to come · ${groups.finished.length} finished`;
  return (
    <Page
      title={longDay(room.now, zone)}
      tabTitle={waiting === 0 ? "Today" : `(${waiting}) waiting`}
      summary={room.data === undefined ? undefined : summary}
      aside={
        <Button
          variant="default"
          aria-pressed={arrivals.sound}
          leftSection={arrivals.sound ? <Bell size={16} aria-hidden /> : <BellOff size={16} aria-hidden />}
          onClick={arrivals.toggleSound}
        >
          {arrivals.sound ? "Sound on" : "Sound off"}
        </Button>
      }
    >
      <div aria-live="polite" className="visually-hidden">
        {arrivals.announcement}
      </div>
      <Refusal actor={actor} />
      <InvitedList />
      {room.isPending ? <Loading /> : null}
      {room.isError && room.data === undefined ? (
        <Failure error={room.error} what="Your day" onRetry={() => void room.refetch()} />
      ) : null}
      {room.data === undefined ? null : (
        <div className={styles["columns"]}>
          <section aria-labelledby="waiting-title">
            <Title order={2} id="waiting-title" className={styles["title"]}>
              Waiting room
            </Title>
            <WaitingList withYou={groups.with_clinician} waiting={groups.waiting} next={groups.expected[0]} now={room.now} actor={actor} />
          </section>
          <section aria-labelledby="schedule-title">
            <Title order={2} id="schedule-title" className={styles["title"]}>
              Schedule
            </Title>
            <Schedule visits={room.visits} now={room.now} actor={actor} />
          </section>
        </div>
      )}
    </Page>
  );
}

function Loading() {
  return (
    <section className={styles["columns"]} aria-busy="true" aria-label="Loading your day">
      <div>
        <Skeleton height={96} mb="sm" />
        <Skeleton height={96} />
      </div>
      <Skeleton height={240} />
    </section>
  );
}
