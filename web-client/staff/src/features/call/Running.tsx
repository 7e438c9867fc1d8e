import { useEffect } from "react";
import type { Call } from "@shared/rtc/call";
import type { EndReason } from "@shared/rtc/connection";
import { useReadable } from "@shared/lib/use-readable";
import { Controls } from "./Controls";
import { Stage } from "./Stage";

interface Props {
  readonly call: Call;
  readonly alone: { readonly title: string; readonly text: string };
  readonly onEnded: (why: EndReason) => void;
  /** Told who else is in the call, by identity, whenever that changes. */
  readonly onHere?: (here: ReadonlySet<string>) => void;
}

/** A call under way: people and controls. */
export function Running({ call, alone, onEnded, onHere }: Props) {
  const view = useReadable(call.view);
  const why = view.phase.name === "ended" ? view.phase.why : undefined;
  useEffect(() => {
    if (why !== undefined) onEnded(why);
  });
  const ids = view.members.map(({ identity }) => identity).join(" ");
  useEffect(() => {
    onHere?.(new Set(ids === "" ? [] : ids.split(" ")));
  }, [ids, onHere]);
  return (
    <>
      <Stage view={view} alone={alone} />
      <Controls view={view} />
    </>
  );
}
