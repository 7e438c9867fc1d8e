import { useQuery } from "@tanstack/react-query";
import { CalendarDays, HousePlug, NotebookPen, Pill, ShieldCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { visitListQuery } from "@shared/api/queries";
import type { Clinic, Visit } from "@shared/api/types";
import { dayInside, sentence, timeOfDay, visitTime } from "../../lib/format";
import { useNow } from "../../lib/hooks";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Person } from "../../ui/person";
import { Screen } from "../../ui/screen";
import { Loading, TroubleScreen } from "../../ui/trouble";
import { pickVisits } from "./pick";
import "./home.css";

/** How far back and ahead visits are read, in days: yesterday's late ones to half a year. */
const DAYS_BACK = 1;
const DAYS_AHEAD = 180;

const dayFrom = (days: number): string => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + days * 86_400_000).toISOString();

/** The person's next visit and what to do for it. */
export function Home({ clinic }: { clinic: Clinic }): ReactNode {
  const [range] = useState(() => ({ from: dayFrom(-DAYS_BACK), to: dayFrom(DAYS_AHEAD) }));
  const visits = useQuery({ ...visitListQuery(range), refetchInterval: 60_000 });
  const now = useNow();
  // What was read stays on the screen when reading it again fails.
  if (visits.data !== undefined) return <Chosen visits={visits.data.items} clinic={clinic} now={now} />;
  if (visits.isError) return <TroubleScreen error={visits.error} retry={() => void visits.refetch()} busy={visits.isFetching} />;
  return <Loading what="Looking up your visits…" />;
}

function Chosen({ visits, clinic, now }: { visits: readonly Visit[]; clinic: Clinic; now: Date }): ReactNode {
  const { next, later } = pickVisits(visits, now);
  if (next === undefined) return <NoVisit />;
  return <VisitOverview visit={next} later={later} clinic={clinic} now={now} />;
}

function NoVisit(): ReactNode {
  return (
    <Screen title="No visit is planned" lead="When your clinic books a video visit for you, it appears here.">
      <Notice tone="info" title="Expecting one?">
        Call your clinic. They can book a visit or check whether it is under another account.
      </Notice>
    </Screen>
  );
}

interface VisitOverviewProps {
  visit: Visit;
  /** Other visits to come. */
  later?: readonly Visit[] | undefined;
  clinic: Clinic;
  now: Date;
}

/** One visit: who, when, what to have ready, and the way in. */
export function VisitOverview({ visit, later, clinic, now }: VisitOverviewProps): ReactNode {
  const [, navigate] = useLocation();
  const when = visitTime(visit.starts_at, clinic.time_zone, now);
  const { label, lead, path } = actionOf(visit);
  return (
    <Screen
      title={`${when.day} at ${when.time}`}
      lead={lead}
      tabTitle="Your next visit"
      actions={
        <Button onClick={() => navigate(`/visits/${visit.id}${path}`)}>{label}</Button>
      }
      after={
        <>
          <HaveReady />
          {later !== undefined && later.length > 0 && <LaterVisits visits={later} clinic={clinic} now={now} />}
        </>
      }
    >
      <Person name={visit.clinician.display_name} detail={`${visit.clinician.specialty} · video visit`} />
      {when.atClinic !== undefined && (
        <p className="home-zone">
          <CalendarDays aria-hidden="true" size={22} />
          <span>
            {when.time} is your time. That is {when.atClinic}.
          </span>
        </p>
      )}
      {visit.state === "scheduled" && <WindowNote visit={visit} now={now} />}
    </Screen>
  );
}

function HaveReady(): ReactNode {
  return (
    <section className="section" aria-labelledby="prepare">
      <h2 id="prepare">Have ready</h2>
      <ul className="list">
        {PREPARE.map(([Icon, text]) => (
          <li key={text}>
            <Icon aria-hidden="true" size={22} />
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const PREPARE = [
  [Pill, "A list of the medicines you take"],
  [NotebookPen, "Your questions, and paper to write"],
  [ShieldCheck, "A quiet place where nobody overhears you"],
  [HousePlug, "Your device plugged in, other video apps closed"],
] as const;

function actionOf(visit: Visit): { label: string; lead: string; path: string } {
  const doctor = visit.clinician.display_name;
  switch (visit.state) {
    case "in_progress":
    case "admitted":
      return { label: "Go to your visit", lead: `${doctor} is ready for you.`, path: "" };
    case "ready":
      return { label: "Back to the waiting room", lead: "You are checked in. Your place is kept.", path: "" };
    case "checked_in":
      return { label: "Start check", lead: "You are checked in. A short check of camera and sound is left.", path: "/check" };
    default:
      return { label: "Start check", lead: "First we check your camera and sound. It takes about a minute.", path: "/check" };
  }
}

function WindowNote({ visit, now }: { visit: Visit; now: Date }): ReactNode {
  if (visit.actions.includes("check_in")) {
    return (
      <Notice tone="ready" title="Check-in is open">
        {sentence(`You can check in until ${timeOfDay(visit.window_closes_at)}`)} Being a few minutes early is fine.
      </Notice>
    );
  }
  const opens = visitTime(visit.window_opens_at, "UTC", now);
  return (
    <Notice tone="info" title={`Check-in opens ${opens.day === "Today" ? "" : `${dayInside(opens.day)} `}at ${opens.time}`}>
      That is 30 minutes before your visit. You can check your camera and sound now, so that it goes quickly then.
    </Notice>
  );
}

function LaterVisits({ visits, clinic, now }: { visits: readonly Visit[]; clinic: Clinic; now: Date }): ReactNode {
  return (
    <section className="section" aria-labelledby="later">
      <h2 id="later">After that</h2>
      <ul className="home-later">
        {visits.map((visit) => {
          const when = visitTime(visit.starts_at, clinic.time_zone, now);
          return (
            <li key={visit.id}>
              <Link href={`/visits/${visit.id}`}>
                {when.day}, <span className="numbers">{when.time}</span>
              </Link>
              <span className="soft">
                {visit.clinician.display_name}, {visit.clinician.specialty}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
