import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";
import { keys } from "@shared/api/queries";
import type { InvitationMade, Part } from "@shared/api/types";
import { describeProblem } from "./problem";

/** Whom to invite, and as what. */
export type Invitee = { readonly part: Part; readonly display_name: string } | { readonly part: Part; readonly account_id: string };

/** Something whoever keeps order in a visit's room can do. */
export type Deed =
  | { readonly do: "lock" | "unlock" }
  | { readonly do: "mute" | "remove"; readonly identity: string }
  | { readonly do: "let_in" | "revoke"; readonly invitation: string }
  | { readonly do: "invite"; readonly whom: Invitee };

const body = {};

function perform(id: string, deed: Deed): Promise<InvitationMade | undefined> {
  const none = (call: Promise<unknown>): Promise<undefined> => call.then(() => undefined);
  switch (deed.do) {
    case "lock":
      return none(take(api.POST("/api/v1/visits/{id}/lock", { params: { path: { id } }, body })));
    case "unlock":
      return none(take(api.POST("/api/v1/visits/{id}/unlock", { params: { path: { id } }, body })));
    case "mute": {
      const path = { id, account: deed.identity };
      return none(take(api.POST("/api/v1/visits/{id}/participants/{account}/mute", { params: { path }, body: { source: "microphone" } })));
    }
    case "remove": {
      const path = { id, account: deed.identity };
      return none(take(api.POST("/api/v1/visits/{id}/participants/{account}/remove", { params: { path }, body })));
    }
    case "let_in": {
      const path = { id, invitation: deed.invitation };
      return none(take(api.POST("/api/v1/visits/{id}/invitations/{invitation}/let-in", { params: { path }, body })));
    }
    case "revoke": {
      const path = { id, invitation: deed.invitation };
      return none(take(api.POST("/api/v1/visits/{id}/invitations/{invitation}/revoke", { params: { path }, body })));
    }
    case "invite":
      return take(api.POST("/api/v1/visits/{id}/invitations", { params: { path: { id } }, body: deed.whom }));
  }
}

/** Keeps order in one visit's room; what is shown is read again after each deed. */
export interface Moderator {
  readonly run: (deed: Deed, onDone?: (made: InvitationMade | undefined) => void) => void;
  readonly busy: Deed | undefined;
  /** Why the last deed did not happen. */
  readonly problem: string | undefined;
}

export function useModerator(visitId: string): Moderator {
  const cache = useQueryClient();
  const mutation = useMutation({
    mutationFn: (deed: Deed) => perform(visitId, deed),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.visit(visitId) }),
  });
  return {
    run: (deed, onDone) => mutation.mutate(deed, { onSuccess: (made) => onDone?.(made) }),
    busy: mutation.isPending ? mutation.variables : undefined,
    problem: mutation.isError ? describeProblem(mutation.error) : undefined,
  };
}
