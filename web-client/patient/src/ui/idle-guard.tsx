import { Clock } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import type { Session } from "@shared/api/types";
import { clock, useSecondsLeft } from "@shared/session/countdown";
import { useIdle } from "@shared/session/use-idle";
import { useSignOut } from "../lib/session";
import { Button } from "./button";
import { Dialog } from "./dialog";

/** Warns before the session ends because nobody is there, and says when it has. */
export function IdleGuard({ session, onOver }: { session: Session; onOver: () => void }): ReactNode {
  const { state, extend } = useIdle(session);
  const over = state.at === "over";
  useEffect(() => {
    if (over) onOver();
  }, [over, onOver]);
  if (state.at !== "warned") return null;
  if (state.final) return <LastMinutes endsAt={state.endsAt} />;
  return <AreYouThere endsAt={state.endsAt} onStay={() => void extend()} />;
}

function AreYouThere({ endsAt, onStay }: { endsAt: number; onStay: () => void }): ReactNode {
  const seconds = useSecondsLeft(endsAt);
  const signOut = useSignOut();
  return (
    <Dialog title="Are you still there?" alert onClose={onStay}>
      <p>To protect your health data we sign you out when nobody uses this page. A message you have begun is kept.</p>
      <p className="countdown numbers" role="timer" aria-label="Time left">
        <Clock aria-hidden="true" size={24} /> {clock(seconds)}
      </p>
      <div className="dialog-actions">
        <Button onClick={onStay}>I am still here</Button>
        <Button kind="second" busy={signOut.isPending} onClick={() => signOut.mutate()}>
          Sign out now
        </Button>
      </div>
    </Dialog>
  );
}

/** Nothing prolongs the session: no question, and nothing in the way of finishing. */
function LastMinutes({ endsAt }: { endsAt: number }): ReactNode {
  const seconds = useSecondsLeft(endsAt);
  return (
    <p className="strip strip-last" role="status">
      <Clock aria-hidden="true" size={20} />
      <span>
        You have been signed in for long. In <span className="numbers">{clock(seconds)}</span> you will be asked to sign in again.
      </span>
    </p>
  );
}
