import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DoorOpen } from "lucide-react";
import { PART_WORDS, peopleQuery } from "@shared/api/people";
import type { Visit } from "@shared/api/types";
import { useModerator } from "../../lib/moderation";
import styles from "./People.module.css";

/** Guests who ask to come in, each with the one thing to do about it. */
export function KnockBar({ visit }: { readonly visit: Visit }) {
  const people = useQuery(peopleQuery(visit.id));
  const moderator = useModerator(visit.id);
  if (people.data?.may_invite !== true) return null;
  const knocking = people.data.items.filter((person) => person.invitation?.stage === "knocking");
  const busy = moderator.busy?.do === "let_in" ? moderator.busy.invitation : undefined;
  return (
    <div role="log" aria-label="Asking to join">
      {knocking.map(({ display_name, part, invitation }) => (
        <div key={invitation?.id} className={styles["knock"]}>
          <p>
            <DoorOpen size={18} aria-hidden />
            <span>
              <strong>{display_name}</strong> ({PART_WORDS[part]}) asks to join.
            </span>
          </p>
          <Button
            size="xs"
            aria-label={`Let ${display_name} in`}
            loading={busy === invitation?.id}
            onClick={() => invitation !== null && moderator.run({ do: "let_in", invitation: invitation.id })}
          >
            Let in
          </Button>
        </div>
      ))}
    </div>
  );
}
