import { useQuery } from "@tanstack/react-query";
import { Video } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { doorQuery } from "@shared/api/people";
import type { Visit } from "@shared/api/types";
import { warmUp } from "@shared/rtc/warm-up";
import { chime } from "../../lib/chime";
import { Button } from "../../ui/button";
import { InvitedPeople } from "../../ui/invited-people";
import { Notice } from "../../ui/notice";
import { Person } from "../../ui/person";
import { Screen } from "../../ui/screen";
import { TroubleNotice } from "../../ui/trouble";

/** Why somebody is here again rather than for the first time. */
export type Returned =
  | { readonly kind: "left" | "elsewhere" | "unreachable" | "removed" | "closed" }
  | { readonly kind: "refused"; readonly error: unknown };

interface Props {
  visit: Visit;
  returned: Returned | undefined;
  onJoin: () => void;
}

const FLASH_MS = 1_200;

/** Admitted: one large button, a sound, and a tab title that is noticed from elsewhere. */
export function Join({ visit, returned, onJoin }: Props): ReactNode {
  if (!visit.actions.includes("join")) return <Shut visit={visit} removed={returned?.kind === "removed"} />;
  return <Open visit={visit} returned={returned} onJoin={onJoin} />;
}

/** Admitted, and not allowed in now: the door is shut, or they were put out. The page changes by itself. */
function Shut({ visit, removed }: { visit: Visit; removed: boolean }): ReactNode {
  const door = useQuery(doorQuery(visit.id));
  const doctor = visit.clinician.display_name;
  const isOut = removed || door.data?.removed.includes(visit.patient.account_id ?? "") === true;
  const isLocked = (door.data?.locked_since ?? null) !== null;
  const words = isOut ? OUT : isLocked ? LOCKED : NOT_NOW;
  return (
    <Screen title={words.title} lead={words.lead(doctor)}>
      <Person name={doctor} detail={visit.clinician.specialty} />
      <Notice tone="waiting" title="Please stay on this page">
        It shows “Join visit” as soon as you can come in. If this takes long, or you think it is a mistake, call your clinic.
      </Notice>
    </Screen>
  );
}

const OUT = { title: "You were asked to leave the call", lead: (doctor: string) => `${doctor} can let you in again.` };
const LOCKED = { title: "The door is closed for a moment", lead: (doctor: string) => `${doctor} can open it again for you.` };
const NOT_NOW = { title: "You cannot join right now", lead: (doctor: string) => `${doctor} or your clinic can tell you more.` };

/** The way in. */
function Open({ visit, returned, onJoin }: Props): ReactNode {
  const first = returned === undefined;
  const doctor = visit.clinician.display_name;
  useEffect(() => {
    if (first) void chime.play();
  }, [first]);
  useEffect(warmUp, []);
  useFlashingTitle(first ? [`Join visit – ${doctor} is ready`, "● Your turn"] : undefined);
  return (
    <Screen
      title={first ? `${doctor} is ready for you` : "Your visit is still open"}
      lead={first ? "Join when you are ready. Camera and microphone start when you join." : undefined}
      actions={
        <Button icon={<Video aria-hidden="true" size={24} />} onClick={onJoin}>
          Join visit
        </Button>
      }
    >
      {first && (
        <div role="alert">
          <Notice tone="ready" title="It is your turn">
            {doctor} has let you in.
          </Notice>
        </div>
      )}
      {returned !== undefined && <WhyHere returned={returned} doctor={doctor} />}
      <Person name={doctor} detail={visit.clinician.specialty} />
      <InvitedPeople visitId={visit.id} />
    </Screen>
  );
}

function WhyHere({ returned, doctor }: { returned: Returned; doctor: string }): ReactNode {
  switch (returned.kind) {
    case "left":
      return (
        <Notice tone="info" title="You left the visit">
          You can join again as long as {doctor} has not ended it.
        </Notice>
      );
    case "removed":
      return (
        <Notice tone="info" title="You were asked to leave the call">
          {doctor} can let you in again. Stay on this page; if you think this is a mistake, call your clinic.
        </Notice>
      );
    case "closed":
      return (
        <Notice tone="info" title="The call was closed">
          If your visit is not over, join again. Nothing of it is lost.
        </Notice>
      );
    case "elsewhere":
      return (
        <Notice tone="info" title="You joined on another page or device">
          The visit goes on there. “Join visit” brings it back to this page.
        </Notice>
      );
    case "unreachable":
      return (
        <Notice tone="urgent" title="The connection could not be restored">
          Check your internet connection, then join again. Your visit is kept open for you.
        </Notice>
      );
    case "refused":
      return <TroubleNotice error={returned.error} />;
  }
}

function useFlashingTitle(titles: readonly [string, string] | undefined): void {
  const [one, two] = titles ?? [];
  useEffect(() => {
    if (one === undefined || two === undefined) return undefined;
    let turn = 0;
    const show = (): void => {
      document.title = turn % 2 === 0 ? two : one;
      turn += 1;
    };
    // After the screen has set its own title.
    const timer = setInterval(show, FLASH_MS);
    return () => clearInterval(timer);
  }, [one, two]);
}
