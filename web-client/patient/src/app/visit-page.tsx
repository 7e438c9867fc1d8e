import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { askTicket } from "@shared/api/join";
import { keys, visitQuery } from "@shared/api/queries";
import { ApiError } from "@shared/api/error";
import type { Clinic, Visit } from "@shared/api/types";
import { onDemand } from "@shared/lib/on-demand";
import type { EndReason, Ticket } from "@shared/rtc/connection";
import { usePresent } from "@shared/session/use-idle";
import { CheckIn } from "../features/check-in/check-in";
import { Check } from "../features/check/check";
import { Consent } from "../features/consent/consent";
import { Finished, NotTakingPlace } from "../features/ended/ended";
import { VisitOverview } from "../features/home/home";
import { Join, type Returned } from "../features/waiting/join";
import { SentBack, Waiting } from "../features/waiting/waiting";
import { useNow } from "../lib/hooks";
import { clearProgress, loadProgress, type Progress, saveProgress } from "../lib/progress";
import { Loading, TroubleScreen } from "../ui/trouble";
import { flowStep } from "./flow";

const CallScreen = onDemand(() => import("../features/call/call-screen").then((module) => module.CallScreen));

/** Reads again this often even without a push: a lost one must not strand anybody. */
const SWEEP_MS = 20_000;

interface Props {
  id: string;
  clinic: Clinic;
  /** The person pressed "Start check". */
  checking: boolean;
}

/** One visit, from preparation to its end: shows the step that its state asks for. */
export function VisitPage({ id, clinic, checking }: Props): ReactNode {
  const visit = useQuery({ ...visitQuery(id), refetchInterval: SWEEP_MS });
  if (visit.data !== undefined) return <Flow visit={visit.data} clinic={clinic} checking={checking} />;
  if (visit.isError) return <TroubleScreen error={visit.error} retry={() => void visit.refetch()} busy={visit.isFetching} />;
  return <Loading what="Opening your visit…" />;
}

function Flow({ visit, clinic, checking }: { visit: Visit; clinic: Clinic; checking: boolean }): ReactNode {
  const now = useNow();
  const [, navigate] = useLocation();
  const [progress, setProgress] = useState(() => loadProgress(visit.id));
  const { ticket, settling, returned, wasInside, join, ended } = useCallDoor(visit.id);
  const step = flowStep(visit, { checked: progress !== undefined }, now);
  // Whoever waits to be let in, or talks, is there without touching anything.
  usePresent(step === "waiting" || step === "join");
  usePreload(step === "waiting" || step === "join" || step === "check_in");

  const done = (result: Progress): void => {
    saveProgress(visit.id, result);
    setProgress(result);
    navigate(`/visits/${visit.id}`, { replace: true });
  };
  // With the consent given before, its step does not exist; giving it now changes no count.
  const [steps] = useState(visit.consent_telehealth ? 4 : 5);
  switch (step) {
    case "prepare":
      if (checking) return <Check steps={steps} onDone={done} />;
      return <VisitOverview visit={visit} clinic={clinic} now={now} />;
    case "consent":
      return <Consent visit={visit} step={visit.state === "scheduled" || visit.state === "checked_in" ? { at: 4, of: 5 } : undefined} />;
    case "check_in":
      if (progress === undefined) return null;
      return <CheckInStep visit={visit} progress={progress} steps={steps} onAgain={() => setProgress(undefined)} />;
    case "waiting":
      return <Waiting visit={visit}>{wasInside && <SentBack clinician={visit.clinician.display_name} />}</Waiting>;
    case "join":
      if (settling) return <Loading what="One moment…" />;
      if (ticket === undefined) return <Join visit={visit} returned={returned} onJoin={join} />;
      return (
        <CallScreen.Component
          visit={visit}
          ticket={ticket}
          devices={progress?.chosen ?? {}}
          onEnded={ended}
          fallback={<Loading what="Opening your visit…" />}
        />
      );
    case "finished":
      return <Finished visit={visit} />;
    case "cancelled":
    case "missed":
    case "too_late":
      return <NotTakingPlace visit={visit} clinic={clinic} why={step} now={now} />;
  }
}

interface CheckInStepProps {
  visit: Visit;
  progress: Progress;
  steps: number;
  onAgain: () => void;
}

function CheckInStep({ visit, progress, steps, onAgain }: CheckInStepProps): ReactNode {
  const [, navigate] = useLocation();
  const again = (): void => {
    clearProgress(visit.id);
    navigate(`/visits/${visit.id}/check`, { replace: true });
    onAgain();
  };
  return <CheckIn visit={visit} report={progress.report} step={{ at: steps, of: steps }} onCheckAgain={again} />;
}

interface CallDoor {
  /** What opens the room; none outside the call. */
  ticket: Promise<Ticket> | undefined;
  /** Out of the call, and the server is being asked what comes next. */
  settling: boolean;
  /** Why the person stands outside after having been in. */
  returned: Returned | undefined;
  wasInside: boolean;
  join: () => void;
  ended: (why: EndReason) => void;
}

/** Going into the call and coming out of it. */
function useCallDoor(visitId: string): CallDoor {
  const client = useQueryClient();
  const [ticket, setTicket] = useState<Promise<Ticket>>();
  const [settling, setSettling] = useState(false);
  const [returned, setReturned] = useState<Returned>();
  const [wasInside, setWasInside] = useState(false);
  const join = (): void => {
    setWasInside(true);
    // Asked for at the press, before the call's screen exists: every moment counts.
    const asked = askTicket(visitId);
    // The call's screen tells a refusal; until it is there, nobody listens.
    asked.catch(() => undefined);
    setTicket(asked);
  };
  const ended = useCallback(
    (why: EndReason): void => {
      setTicket(undefined);
      setReturned(returnedOf(why));
      setSettling(true);
      // The visit itself may have moved: ended for all, or back to waiting.
      void client.invalidateQueries({ queryKey: keys.visit(visitId) }).finally(() => setSettling(false));
    },
    [client, visitId],
  );
  return { ticket, settling, returned, wasInside, join, ended };
}

function returnedOf(why: EndReason): Returned | undefined {
  switch (why.kind) {
    case "left":
    case "elsewhere":
    case "unreachable":
    case "removed":
    case "closed":
      return { kind: why.kind };
    case "refused":
      return { kind: "refused", error: new ApiError(why.code, 403, why.detail) };
  }
}

/** Fetches the call's code before it is needed. */
function usePreload(when: boolean): void {
  useEffect(() => {
    if (when) CallScreen.preload();
  }, [when]);
}
