import { useEffect, useState } from "react";
import { api, take } from "@shared/api/client";
import { ApiError } from "@shared/api/error";
import type { Session } from "@shared/api/types";
import { useReadable } from "@shared/lib/use-readable";
import { IdleWatch } from "./idle";
import { BACKGROUND_HEADER, watchHands } from "./presence";
import { presence } from "./present";

/** What the session has left, by the server's own clock. */
async function ask(active: boolean): Promise<number | "over"> {
  let date: string | null = null;
  const asked = api.GET("/api/v1/session", active ? {} : { headers: { [BACKGROUND_HEADER]: "1" } }).then((answer) => {
    date = answer.response.headers.get("date");
    return answer;
  });
  try {
    const session = await take(asked);
    return Date.parse(session.idle_expires_at) - (date === null ? Date.now() : Date.parse(date));
  } catch (error) {
    if (error instanceof ApiError && error.isSignedOut) return "over";
    throw error;
  }
}

/** Watches the signed-in person's session for idleness, and the page for hands. */
export function useIdle(session: Session) {
  const [watch] = useState(() => new IdleWatch({ ask, presence }));
  const [end] = useState(session.idle_expires_at);
  useEffect(() => {
    const stopHands = watchHands(presence);
    const wake = (): void => {
      if (document.visibilityState === "visible") watch.wake();
    };
    document.addEventListener("visibilitychange", wake);
    watch.start(Date.parse(end) - Date.now());
    return () => {
      document.removeEventListener("visibilitychange", wake);
      stopHands();
      watch.stop();
    };
  }, [watch, end]);
  return { state: useReadable(watch.state), extend: watch.extend };
}

/** Counts the person as present while `when` holds: in a call, or in the waiting room. */
export function usePresent(when: boolean): void {
  useEffect(() => (when ? presence.hold() : undefined), [when]);
}
