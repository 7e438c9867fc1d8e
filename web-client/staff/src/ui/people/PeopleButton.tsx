import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Users } from "lucide-react";
import type { Visit } from "@shared/api/types";
import { stageOf } from "../../lib/visit";
import { PeopleDialog } from "./PeopleDialog";

interface Props {
  readonly visit: Visit;
  /** Who is in the call with this page, by identity; undefined outside the call. */
  readonly here: ReadonlySet<string> | undefined;
}

/** Opens the people of a visit; away once it is over. */
export function PeopleButton({ visit, here }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  if (stageOf(visit) === "finished") return null;
  return (
    <>
      <Button variant="default" leftSection={<Users size={16} aria-hidden />} onClick={open}>
        People
      </Button>
      <PeopleDialog visit={visit} here={here} opened={opened} onClose={close} />
    </>
  );
}
