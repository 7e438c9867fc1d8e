import { Button, Group, Text, Title } from "@mantine/core";
import { Clock } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Session } from "@shared/api/types";
import { clock, useSecondsLeft } from "@shared/session/countdown";
import { useIdle } from "@shared/session/use-idle";
import { useSignOut } from "../lib/session";
import styles from "./IdleGuard.module.css";

/** Warns before the session ends because nobody is there, and says when it has. */
export function IdleGuard({ session, onOver }: { readonly session: Session; readonly onOver: () => void }) {
  const { state, extend } = useIdle(session);
  const over = state.at === "over";
  useEffect(() => {
    if (over) onOver();
  }, [over, onOver]);
  if (state.at !== "warned") return null;
  if (state.final) return <LastMinutes endsAt={state.endsAt} />;
  return <AreYouThere endsAt={state.endsAt} onStay={() => void extend()} />;
}

function AreYouThere({ endsAt, onStay }: { readonly endsAt: number; readonly onStay: () => void }) {
  const seconds = useSecondsLeft(endsAt);
  const signOut = useSignOut();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    // The browser's own: it lies above any other dialog, and Mantine's cannot be an alert.
    <dialog ref={dialog} role="alertdialog" className={styles["dialog"]} aria-labelledby="idle-title" aria-describedby="idle-text" onClose={onStay}>
      <Title order={2} id="idle-title" mb="sm">
        Are you still there?
      </Title>
      <Text id="idle-text">Nobody has used this page for a while. You will be signed out to protect your patients’ data; a message or booking you have begun is kept.</Text>
      <p className={styles["countdown"]} role="timer" aria-label="Time left">
        <Clock size={20} aria-hidden /> {clock(seconds)}
      </p>
      <Group justify="flex-end">
        <Button onClick={onStay}>I am still here</Button>
        <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          Sign out now
        </Button>
      </Group>
    </dialog>
  );
}

/** Nothing prolongs the session: no question, and nothing in the way of finishing. */
function LastMinutes({ endsAt }: { readonly endsAt: number }) {
  const seconds = useSecondsLeft(endsAt);
  return (
    <p className={styles["last"]} role="status">
      <Clock size={16} aria-hidden />
      You have been signed in for the longest time your role allows. In {clock(seconds)} you will be asked to sign in again.
    </p>
  );
}
