import { Alert } from "@mantine/core";
import { Info } from "lucide-react";
import type { Actor } from "../lib/act";

/** Tells, where the eyes are, that the last action did not happen and why. */
export function Refusal({ actor }: { readonly actor: Pick<Actor, "refusal" | "dismiss"> }) {
  if (actor.refusal === undefined) return null;
  return (
    <Alert color="waiting" icon={<Info aria-hidden />} role="alert" withCloseButton closeButtonLabel="Dismiss" onClose={actor.dismiss} mb="md">
      {actor.refusal}
    </Alert>
  );
}
