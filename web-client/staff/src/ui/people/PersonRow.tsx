import { Button } from "@mantine/core";
import { CircleDashed, DoorOpen, type LucideIcon, Mail, MicOff, UserRoundCheck, UserRoundX, Video } from "lucide-react";
import { PART_WORDS } from "@shared/api/people";
import type { VisitPerson } from "@shared/api/types";
import type { Moderator } from "../../lib/moderation";
import { useAccount } from "../../lib/session";
import styles from "./People.module.css";

interface Props {
  readonly person: VisitPerson;
  readonly here: ReadonlySet<string> | undefined;
  readonly may: { readonly moderate: boolean; readonly invite: boolean };
  readonly moderator: Moderator;
  readonly onAsk: (kind: "remove" | "revoke") => void;
}

/** One person: who they are, where they stand, and what can be done. */
export function PersonRow({ person, here, may, moderator, onAsk }: Props) {
  const me = useAccount().id;
  const { identity, display_name: name, invitation, part } = person;
  const self = identity === me;
  const present = here === undefined ? person.present : identity !== null && (here.has(identity) || self);
  const state = stateOf(person, present);
  const out = invitation?.stage === "removed";
  const knocking = invitation?.stage === "knocking";
  const Icon = state.icon;
  return (
    <li className={styles["row"]}>
      <div className={styles["who"]}>
        <p className={styles["name"]}>
          {name}
          {self ? " (you)" : ""}
        </p>
        <p className={styles["state"]} data-tone={state.tone}>
          <Icon size={15} aria-hidden /> {PART_WORDS[part]} · {state.word}
        </p>
      </div>
      <div className={styles["deeds"]}>
        {may.invite && invitation !== null && (knocking || out) ? (
          <Button
            size="xs"
            aria-label={`Let ${name} in`}
            onClick={() => moderator.run({ do: "let_in", invitation: invitation.id })}
          >
            {out ? "Let in again" : "Let in"}
          </Button>
        ) : null}
        {may.moderate && present && !self && identity !== null ? (
          <Button
            size="xs"
            variant="default"
            aria-label={`Mute ${name}`}
            leftSection={<MicOff size={14} aria-hidden />}
            onClick={() => moderator.run({ do: "mute", identity })}
          >
            Mute
          </Button>
        ) : null}
        {may.moderate && present && !self && part !== "clinician" ? (
          <Button size="xs" variant="default" aria-label={`Remove ${name}`} onClick={() => onAsk("remove")}>
            Remove…
          </Button>
        ) : null}
        {may.invite && invitation !== null ? (
          <Button size="xs" variant="default" aria-label={`Take back the invitation of ${name}`} onClick={() => onAsk("revoke")}>
            Take back…
          </Button>
        ) : null}
      </div>
    </li>
  );
}

interface State {
  readonly word: string;
  readonly icon: LucideIcon;
  readonly tone: "ready" | "waiting" | "none";
}

function stateOf({ invitation }: VisitPerson, present: boolean): State {
  if (invitation?.stage === "removed") return { word: "removed from the call", icon: UserRoundX, tone: "none" };
  if (present) return { word: "in the call", icon: Video, tone: "ready" };
  switch (invitation?.stage) {
    case "knocking":
      return { word: "asks to join", icon: DoorOpen, tone: "waiting" };
    case "let_in":
      return { word: "may come in", icon: UserRoundCheck, tone: "none" };
    case "invited":
      return { word: "invited", icon: Mail, tone: "none" };
    case undefined:
      return { word: "not in the call", icon: CircleDashed, tone: "none" };
  }
}
