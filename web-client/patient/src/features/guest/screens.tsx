import { BellRing, DoorOpen, HandHeart, Lock, Video } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { PART_WORDS } from "@shared/api/people";
import type { InvitedVisit } from "@shared/api/types";
import { warmUp } from "@shared/rtc/warm-up";
import { chime } from "../../lib/chime";
import { day, dayInside, sentence, timeOfDay } from "../../lib/format";
import { useWakeLock } from "../../lib/wake-lock";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/notice";
import { Person } from "../../ui/person";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";
import "./guest.css";

interface Props {
  invited: InvitedVisit;
}

/** As whom the guest comes, which everybody in the call will read. */
function Facts({ invited }: Props): ReactNode {
  return (
    <dl className="guest-facts">
      <div>
        <dt>You join as</dt>
        <dd>
          {invited.display_name}, {PART_WORDS[invited.part]}
        </dd>
      </div>
      <div>
        <dt>Clinic</dt>
        <dd>{invited.clinic_name}</dd>
      </div>
    </dl>
  );
}

/** What the link is for, before anything is asked of the guest. */
export function Welcome({ invited, now, onStart }: Props & { now: Date; onStart: () => void }): ReactNode {
  const early = now < new Date(invited.window_opens_at);
  const when = `${dayInside(day(invited.starts_at, now))} at ${timeOfDay(invited.starts_at)}`;
  return (
    <Screen
      title="You are invited to a video visit"
      lead={sentence(`${invited.clinician_name} asks you to join ${when}`)}
      actions={
        <>
          <Button disabled={early} onClick={onStart}>
            Start check
          </Button>
          {early && <p className="actions-why">You can come in from {timeOfDay(invited.window_opens_at)} on. Keep this link until then.</p>}
        </>
      }
    >
      <Person name={invited.clinician_name} detail={`Video visit, ${when}`} />
      <Facts invited={invited} />
      <Private />
    </Screen>
  );
}

function Private(): ReactNode {
  return (
    <ul className="list">
      <li>
        <Lock aria-hidden="true" size={22} />
        <span>What you see and hear is private. Please sit where nobody else listens, and do not record or share it.</span>
      </li>
      <li>
        <HandHeart aria-hidden="true" size={22} />
        <span>Everybody in the visit sees that you are there, and the name you join with.</span>
      </li>
    </ul>
  );
}

/** Ready: one tap tells the clinic that the guest is at the door. */
export function Knock({ invited, busy, error, onKnock }: Props & { busy: boolean; error: unknown; onKnock: () => void }): ReactNode {
  return (
    <Screen
      title="Ready to join?"
      lead={`${invited.clinician_name} is told that you are here, and lets you in.`}
      actions={
        <Button busy={busy} icon={<DoorOpen aria-hidden="true" size={24} />} onClick={onKnock}>
          Ask to join
        </Button>
      }
    >
      {error !== null && <TroubleNotice error={error} />}
      <Facts invited={invited} />
    </Screen>
  );
}

/** At the door; the page looks by itself whether it opens. */
export function AtTheDoor({ invited }: Props): ReactNode {
  useWakeLock();
  const letIn = invited.stage === "let_in";
  const words = letIn
    ? { title: "You will be let in.", text: "The visit has not begun, or its door is closed for a moment." }
    : { title: "We told them that you are here.", text: `${invited.clinician_name} lets you in as soon as it suits.` };
  return (
    <Screen title="Please wait a moment" tabTitle="Waiting to be let in" lead={words.title}>
      <div className="guest-waiting" role="status">
        <span className="spinner" aria-hidden="true" />
        <p>{words.text}</p>
      </div>
      <ul className="list">
        <li>
          <BellRing aria-hidden="true" size={22} />
          <span>Keep this page open. A sound plays when you can come in.</span>
        </li>
      </ul>
      <Facts invited={invited} />
    </Screen>
  );
}

/** Let in: one button, and a sound. */
export function ComeIn({ invited, again, onJoin }: Props & { again: ReactNode; onJoin: () => void }): ReactNode {
  const first = again === undefined;
  useEffect(() => {
    if (first) void chime.play();
  }, [first]);
  useEffect(warmUp, []);
  return (
    <Screen
      title={first ? "You can come in" : "The visit is still open"}
      tabTitle={first ? "● You can come in" : "The visit is still open"}
      lead={first ? "Camera and microphone start when you join." : undefined}
      actions={
        <Button icon={<Video aria-hidden="true" size={24} />} onClick={onJoin}>
          Join visit
        </Button>
      }
    >
      {again}
      {first && (
        <div role="alert">
          <Notice tone="ready" title={`${invited.clinician_name} has let you in`}>
            Everybody sees you as {invited.display_name}.
          </Notice>
        </div>
      )}
      <Facts invited={invited} />
    </Screen>
  );
}

/** Put out by whoever is in charge. */
export function PutOut({ invited }: Props): ReactNode {
  return (
    <Screen title="You were asked to leave the call" lead={`${invited.clinician_name} can let you in again.`}>
      <Notice tone="info" title="What you can do">
        Stay on this page: it tells you when you can come in. If you think this is a mistake, call {invited.clinic_name}.
      </Notice>
    </Screen>
  );
}

/** The link opens nothing, whatever the reason. */
export function NoInvitation({ wasInside }: { wasInside: boolean }): ReactNode {
  return wasInside ? (
    <Screen title="The visit is over for you" lead="Thank you for being there.">
      <Notice tone="info" title="Your camera and microphone are off">
        The visit has ended, or your invitation was taken back. You can close this page.
      </Notice>
    </Screen>
  ) : (
    <Screen title="This invitation is not valid" lead="It may have been taken back, or its visit is over.">
      <Notice tone="info" title="What you can do">
        Open the newest link you were sent, whole as it is. If that does not help, ask whoever invited you for a new one.
      </Notice>
    </Screen>
  );
}
