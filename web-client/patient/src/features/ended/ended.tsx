import { CalendarPlus, CircleCheck, Phone, Pill } from "lucide-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import type { Clinic, Visit } from "@shared/api/types";
import { minutesBetween, timeOfDay, visitTime } from "../../lib/format";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Person } from "../../ui/person";
import { Screen } from "../../ui/screen";
import "./ended.css";

function HomeButton(): ReactNode {
  const [, navigate] = useLocation();
  return <Button onClick={() => navigate("/")}>Back to your visits</Button>;
}

/** The clinician ended the visit: what it was, and what comes next. */
export function Finished({ visit }: { visit: Visit }): ReactNode {
  const doctor = visit.clinician.display_name;
  return (
    <Screen title="Your visit is finished" lead={`Thank you. ${doctor} has ended the visit.`} actions={<HomeButton />}>
      <Person name={doctor} detail={visit.clinician.specialty} />
      <dl className="ended-facts">
        {visit.started_at !== null && visit.ended_at !== null && (
          <>
            <div>
              <dt>From</dt>
              <dd className="numbers">
                {timeOfDay(visit.started_at)} to {timeOfDay(visit.ended_at)}
              </dd>
            </div>
            <div>
              <dt>Length</dt>
              <dd className="numbers">{minutesBetween(visit.started_at, visit.ended_at)} min</dd>
            </div>
          </>
        )}
        <div>
          <dt>About</dt>
          <dd>{visit.reason}</dd>
        </div>
      </dl>
      <section className="section" aria-labelledby="next">
        <h2 id="next">What is next</h2>
        <ul className="list">
          <li>
            <Pill aria-hidden="true" size={22} />
            <span>Do what you agreed on in the visit: medicines, tests, rest.</span>
          </li>
          <li>
            <CalendarPlus aria-hidden="true" size={22} />
            <span>If {doctor} wants to see you again, your clinic books it and it appears under your visits.</span>
          </li>
          <li>
            <Phone aria-hidden="true" size={22} />
            <span>Questions afterwards? Call your clinic. In an emergency, call your local emergency number.</span>
          </li>
        </ul>
      </section>
      <p className="ended-off soft">
        <CircleCheck aria-hidden="true" size={20} />
        Your camera and microphone are off.
      </p>
    </Screen>
  );
}

/** The visit does not take place. */
export function NotTakingPlace({ visit, clinic, why, now }: { visit: Visit; clinic: Clinic; why: "cancelled" | "missed" | "too_late"; now: Date }): ReactNode {
  const when = visitTime(visit.starts_at, clinic.time_zone, now);
  const { title, lead } = WHY[why];
  return (
    <Screen title={title} lead={lead} actions={<HomeButton />}>
      <Person name={visit.clinician.display_name} detail={`${when.day}, ${when.time}`} />
      <Notice tone="info" title={`Call ${clinic.name} for a new time`}>
        They can tell you more and book another visit. If you feel unwell now and cannot wait, call your local emergency number.
      </Notice>
    </Screen>
  );
}

const WHY = {
  cancelled: { title: "This visit was cancelled", lead: "It does not take place." },
  missed: { title: "This visit did not take place", lead: "The clinic waited and then closed it." },
  too_late: { title: "This visit is over", lead: "Its time has passed, so it cannot be joined any more." },
} as const;
