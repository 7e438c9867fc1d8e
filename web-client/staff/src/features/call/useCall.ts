import { useEffect, useRef, useState } from "react";
import { api, take } from "@shared/api/client";
import { type Call, startCall } from "@shared/rtc/call";

/** Joins a visit with a ticket; the server decides each time anew. */
export function joinVisit(visitId: string): Call {
  const params = { path: { id: visitId } };
  return startCall({ ticket: () => take(api.POST("/api/v1/visits/{id}/join", { params, body: {} })) });
}

/** The call of one visit on this page: none until joined, and freed when the page is left. */
export function useCall(visitId: string, begin: (visitId: string) => Call) {
  const [call, setCall] = useState<Call>();
  const current = useRef<Call>(undefined);

  const end = (): void => {
    current.current?.dispose();
    current.current = undefined;
    setCall(undefined);
  };
  const join = (): void => {
    current.current?.dispose();
    const started = begin(visitId);
    current.current = started;
    setCall(started);
  };
  useEffect(() => () => current.current?.dispose(), []);
  return { call, join, end };
}
