import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Visit } from "@shared/api/types";
import { describeProblem } from "./problem";
import { type ActionCall, describeDone, describeRefusal, type StaffAction, useVisitAction } from "./visitActions";

/** Runs actions of one screen and remembers the last refusal until it is dismissed or superseded. */
export interface Actor {
  readonly act: (call: ActionCall, onDone?: (visit: Visit) => void) => void;
  /** Whether this action is running on this visit. */
  readonly isBusy: (visit: Visit, action: StaffAction) => boolean;
  /** Why the last action was refused. */
  readonly refusal: string | undefined;
  readonly dismiss: () => void;
}

export function useActor(): Actor {
  const action = useVisitAction();
  const [refusal, setRefusal] = useState<string>();
  const act: Actor["act"] = (call, onDone) => {
    setRefusal(undefined);
    action.mutate(call, {
      onSuccess: (visit) => {
        if (onDone !== undefined) onDone(visit);
        else notifications.show({ message: describeDone(call), autoClose: 6_000 });
      },
      onError: (error) => setRefusal(describeRefusal(error, call.visit) ?? describeProblem(error)),
    });
  };
  return {
    act,
    isBusy: (visit, name) => action.isPending && action.variables.visit.id === visit.id && action.variables.action === name,
    refusal,
    dismiss: () => setRefusal(undefined),
  };
}
