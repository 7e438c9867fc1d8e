import { ActionIcon, Button, Group, Menu, Text, TextInput } from "@mantine/core";
import { CircleSlash, EllipsisVertical, Undo2, UserRoundX, Users } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Visit } from "@shared/api/types";
import type { Actor } from "../lib/act";
import { may, stageOf } from "../lib/visit";
import { Dialog } from "./Dialog";
import { PeopleDialog } from "./people/PeopleDialog";

type Asking = "no_show" | "cancel" | "people" | undefined;

/** The rarer actions on a visit; those that cannot be undone ask first. */
export function VisitMenu({ visit, actor }: { readonly visit: Visit; readonly actor: Actor }) {
  const [asking, setAsking] = useState<Asking>();
  const name = visit.patient.display_name;
  const over = stageOf(visit) === "finished";
  if (over && !(["no_show", "cancel", "return_to_waiting"] as const).some((action) => may(visit, action))) return null;
  return (
    <>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="calm" size={30} aria-label={`More actions for ${name}`}>
            <EllipsisVertical size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may(visit, "return_to_waiting") ? (
            <Menu.Item leftSection={<Undo2 size={16} aria-hidden />} onClick={() => actor.act({ visit, action: "return_to_waiting" })}>
              Return to waiting room
            </Menu.Item>
          ) : null}
          {over ? null : (
            <Menu.Item leftSection={<Users size={16} aria-hidden />} onClick={() => setAsking("people")}>
              People…
            </Menu.Item>
          )}
          {may(visit, "no_show") ? (
            <Menu.Item leftSection={<UserRoundX size={16} aria-hidden />} onClick={() => setAsking("no_show")}>
              Mark as no-show…
            </Menu.Item>
          ) : null}
          {may(visit, "cancel") ? (
            <Menu.Item color="danger" leftSection={<CircleSlash size={16} aria-hidden />} onClick={() => setAsking("cancel")}>
              Cancel visit…
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      <PeopleDialog visit={visit} here={undefined} opened={asking === "people"} onClose={() => setAsking(undefined)} />
      <Dialog opened={asking === "no_show"} onClose={() => setAsking(undefined)} title={`Mark ${name} as a no-show?`}>
        <NoShow visit={visit} actor={actor} onClose={() => setAsking(undefined)} />
      </Dialog>
      <Dialog opened={asking === "cancel"} onClose={() => setAsking(undefined)} title={`Cancel the visit of ${name}?`}>
        <Cancel visit={visit} actor={actor} onClose={() => setAsking(undefined)} />
      </Dialog>
    </>
  );
}

interface DialogProps {
  readonly visit: Visit;
  readonly actor: Actor;
  readonly onClose: () => void;
}

function NoShow({ visit, actor, onClose }: DialogProps) {
  const confirm = (): void => {
    actor.act({ visit, action: "no_show" });
    onClose();
  };
  return (
    <>
      <Text>The visit is closed and the patient can no longer check in to it. This cannot be undone.</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep waiting
        </Button>
        <Button onClick={confirm}>Mark as no-show</Button>
      </Group>
    </>
  );
}

function Cancel({ visit, actor, onClose }: DialogProps) {
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    actor.act({ visit, action: "cancel", reason: reason.trim() });
    onClose();
  };
  return (
    <form onSubmit={submit}>
      <TextInput label="Reason" description="It stands in the record and is shown to staff." required withAsterisk={false} maxLength={200} data-autofocus value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          Keep the visit
        </Button>
        <Button type="submit" color="danger" disabled={reason.trim() === ""}>
          Cancel visit
        </Button>
      </Group>
    </form>
  );
}
