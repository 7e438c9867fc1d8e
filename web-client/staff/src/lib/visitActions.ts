import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";
import { ApiError } from "@shared/api/error";
import { keys } from "@shared/api/queries";
import type { Visit } from "@shared/api/types";

/** What staff can do to a visit from a list, the board or the call. */
export type StaffAction = "check_in" | "admit" | "return_to_waiting" | "complete" | "no_show" | "cancel";

export interface ActionCall {
  readonly visit: Visit;
  readonly action: StaffAction;
  /** Only for `cancel`: why, as it will stand in the record. */
  readonly reason?: string;
}

function post({ visit, action, reason }: ActionCall): Promise<Visit> {
  const params = { path: { id: visit.id } };
  const body = {};
  switch (action) {
    case "check_in":
      return take(api.POST("/api/v1/visits/{id}/check-in", { params, body }));
    case "admit":
      return take(api.POST("/api/v1/visits/{id}/admit", { params, body }));
    case "return_to_waiting":
      return take(api.POST("/api/v1/visits/{id}/return-to-waiting", { params, body }));
    case "complete":
      return take(api.POST("/api/v1/visits/{id}/complete", { params, body }));
    case "no_show":
      return take(api.POST("/api/v1/visits/{id}/no-show", { params, body }));
    case "cancel":
      return take(api.POST("/api/v1/visits/{id}/cancel", { params, body: { reason: reason ?? "" } }));
  }
}

/** Runs an action and shows its result everywhere at once; after a refusal the lists are read again. */
export function useVisitAction() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: post,
    onSuccess: (visit) => cache.setQueryData(keys.visit(visit.id), visit),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.visits }),
  });
}

const DONE: Record<StaffAction, (name: string) => string> = {
  check_in: (name) => `${name} is checked in.`,
  admit: (name) => `${name} is admitted.`,
  return_to_waiting: (name) => `${name} is back in the waiting room.`,
  complete: (name) => `The visit with ${name} has ended.`,
  no_show: (name) => `${name} is marked as a no-show.`,
  cancel: (name) => `The visit of ${name} is cancelled.`,
};

/** What to say after a finished action. */
export function describeDone({ visit, action }: ActionCall): string {
  return DONE[action](visit.patient.display_name);
}

const STATE_WORDS: Record<Visit["state"], string> = {
  scheduled: "not checked in",
  checked_in: "checked in",
  ready: "waiting",
  admitted: "already admitted",
  in_progress: "already in the visit",
  completed: "already finished",
  cancelled: "cancelled",
  no_show: "marked as a no-show",
};

const isState = (value: unknown): value is Visit["state"] => typeof value === "string" && value in STATE_WORDS;

/**
 * Why an action was refused, told with the name of who was first. Undefined when the refusal is not
 * about the visit's state and the general words fit better.
 */
export function describeRefusal(error: unknown, visit: Visit): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const name = visit.patient.display_name;
  if (error.code === "already_admitted") {
    const by = error.extra["admitted_by"];
    const who =
      typeof by === "object" && by !== null && "display_name" in by && typeof by.display_name === "string"
        ? by.display_name
        : "Somebody else";
    return `${who} admitted ${name} just before you.`;
  }
  if (error.code === "illegal_transition" && isState(error.extra["state"])) {
    return `Not possible any more: ${name} is ${STATE_WORDS[error.extra["state"]]}.`;
  }
  return undefined;
}
