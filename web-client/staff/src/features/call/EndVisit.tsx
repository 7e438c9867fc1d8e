import { Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Visit } from "@shared/api/types";
import type { Actor } from "../../lib/act";
import { may } from "../../lib/visit";
import { Dialog } from "../../ui/Dialog";

interface Props {
  readonly visit: Visit;
  readonly actor: Actor;
  readonly onEnded: () => void;
}

/** Ends the visit for everybody, after asking once. */
export function EndVisit({ visit, actor, onEnded }: Props) {
  const [asking, { open, close }] = useDisclosure(false);
  if (!may(visit, "complete")) return null;
  const end = (): void => {
    close();
    actor.act({ visit, action: "complete" }, onEnded);
  };
  return (
    <>
      <Button color="danger" onClick={open} loading={actor.isBusy(visit, "complete")}>
        End visit
      </Button>
      <Dialog opened={asking} onClose={close} title={`End the visit with ${visit.patient.display_name}?`}>
        <Text>The call and the chat close for both of you. It cannot be reopened.</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus>
            Go on with the visit
          </Button>
          <Button color="danger" onClick={end}>
            End visit
          </Button>
        </Group>
      </Dialog>
    </>
  );
}
