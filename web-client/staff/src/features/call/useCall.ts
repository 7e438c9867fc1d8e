import { useEffect, useRef, useState } from "react";
import { askTicket } from "@shared/api/join";
import { askNames } from "@shared/api/people";
import type { Visit } from "@shared/api/types";
import { type Call, startCall } from "@shared/rtc/call";
import { namesOf } from "@shared/rtc/names";
import { usePresent } from "@shared/session/use-idle";

/** Joins a visit with a ticket; the server decides each time anew. */
export function joinVisit(visit: Visit): Call {
  return startCall({ ticket: () => askTicket(visit.id), names: namesOf(visit), askNames: () => askNames(visit.id) });
}

/** Joins a visit as somebody who is invited to it. */
export const joinAsInvited = (visitId: string): Call => startCall({ ticket: () => askTicket(visitId), askNames: () => askNames(visitId) });

/** The call of one visit on this page: none until joined, and freed when the page is left. */
export function useCall(begin: () => Call) {
  const [call, setCall] = useState<Call>();
  const current = useRef<Call>(undefined);

  const end = (): void => {
    current.current?.dispose();
    current.current = undefined;
    setCall(undefined);
  };
  const join = (): void => {
    current.current?.dispose();
    const started = begin();
    current.current = started;
    setCall(started);
  };
  useEffect(() => () => current.current?.dispose(), []);
  usePresent(call !== undefined);
  return { call, join, end };
}
