import { Button, Group, Loader, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Lock, LockOpen, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { peopleQuery } from "@shared/api/people";
import type { Visit, VisitPeople, VisitPerson } from "@shared/api/types";
import { timeOfDay } from "../../lib/clinicTime";
import { type Moderator, useModerator } from "../../lib/moderation";
import { useAccount } from "../../lib/session";
import { Dialog } from "../Dialog";
import { Failure } from "../Quiet";
import { InviteForm } from "./InviteForm";
import styles from "./People.module.css";
import { PersonRow } from "./PersonRow";

interface Props {
  readonly visit: Visit;
  /** Who is in the call with this page, by identity; undefined outside the call, where the visit's journal tells. */
  readonly here: ReadonlySet<string> | undefined;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Outside the call nothing pushes who comes and goes, so an open list looks this often. */
const LOOK_MS = 5_000;

/** Who belongs to the visit, and what can be done about it: let in, mute, remove, lock, invite. */
export function PeopleDialog({ visit, here, opened, onClose }: Props) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`People in the visit of ${visit.patient.display_name}`} size="lg">
      {opened ? <People visit={visit} here={here} /> : null}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Close
        </Button>
      </Group>
    </Dialog>
  );
}

function People({ visit, here }: Pick<Props, "visit" | "here">) {
  const people = useQuery({ ...peopleQuery(visit.id), refetchInterval: here === undefined ? LOOK_MS : false });
  const moderator = useModerator(visit.id);
  const [inviting, setInviting] = useState(false);
  const [asking, setAsking] = useState<Question>();
  if (people.data === undefined) {
    if (people.isError) return <Failure error={people.error} what="The people" onRetry={() => void people.refetch()} />;
    return <Loader aria-label="Loading the people" />;
  }
  const { items, may_moderate, may_invite } = people.data;
  return (
    <>
      {may_moderate ? <Door people={people.data} moderator={moderator} /> : null}
      {moderator.problem === undefined ? null : (
        <p role="alert" className={styles["problem"]}>
          {moderator.problem}
        </p>
      )}
      <ul className={styles["list"]}>
        {items.map((person) => (
          <PersonRow
            key={person.invitation?.id ?? person.part}
            person={person}
            here={here}
            may={{ moderate: may_moderate, invite: may_invite }}
            moderator={moderator}
            onAsk={(kind) => setAsking({ kind, person })}
          />
        ))}
      </ul>
      {may_invite && !inviting ? (
        <Button mt="md" variant="light" leftSection={<UserRoundPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
          Invite somebody
        </Button>
      ) : null}
      {inviting ? <InviteForm visit={visit} onDone={() => setInviting(false)} /> : null}
      <Confirm visit={visit} question={asking} moderator={moderator} onClose={() => setAsking(undefined)} />
    </>
  );
}

/** Whether anybody new can come in. */
function Door({ people, moderator }: { readonly people: VisitPeople; readonly moderator: Moderator }) {
  const zone = useAccount().clinic.time_zone;
  const since = people.locked_since;
  const busy = moderator.busy?.do === "lock" || moderator.busy?.do === "unlock";
  // Never disabled: whoever works by keyboard would lose their place.
  const turn = (): void => {
    if (!busy) moderator.run({ do: since === null ? "lock" : "unlock" });
  };
  return (
    <div className={styles["door"]}>
      <p>
        {since === null ? <LockOpen size={18} aria-hidden /> : <Lock size={18} aria-hidden />}
        <span>{since === null ? "The door is open for everybody who belongs here." : `Locked since ${timeOfDay(since, zone)}. Nobody new comes in.`}</span>
      </p>
      <Button size="xs" variant="default" aria-disabled={busy} onClick={turn}>
        {since === null ? "Lock room" : "Unlock room"}
      </Button>
    </div>
  );
}

interface Question {
  readonly kind: "remove" | "revoke";
  readonly person: VisitPerson;
}

interface ConfirmProps {
  readonly visit: Visit;
  readonly question: Question | undefined;
  readonly moderator: Moderator;
  readonly onClose: () => void;
}

/** What ends somebody's call asks once. */
function Confirm({ visit, question, moderator, onClose }: ConfirmProps) {
  const name = question?.person.display_name ?? "";
  const remove = question?.kind === "remove";
  const act = (): void => {
    const { identity = null, invitation = null } = question?.person ?? {};
    if (remove && identity !== null) moderator.run({ do: "remove", identity });
    if (!remove && invitation !== null) moderator.run({ do: "revoke", invitation: invitation.id });
    onClose();
  };
  return (
    <Dialog opened={question !== undefined} onClose={onClose} title={remove ? `Remove ${name} from the call?` : `Take back the invitation of ${name}?`}>
      <Text>{question === undefined ? "" : consequence(question, visit)}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {remove ? `Keep ${name} in` : "Keep it"}
        </Button>
        <Button color="danger" onClick={act}>
          {remove ? "Remove" : "Take back"}
        </Button>
      </Group>
    </Dialog>
  );
}

function consequence({ kind, person }: Question, visit: Visit): string {
  if (kind === "revoke") return "If they are in the call, they are out at once. Their link opens nothing more.";
  if (person.part === "patient") return `${visit.patient.display_name} is out at once, and comes back when you return them to the waiting room and admit them again.`;
  return "They are out at once, and stay out until you let them in again.";
}
