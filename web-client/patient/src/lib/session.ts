import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";
import { enterSession } from "@shared/api/queries";
import { useDrafts } from "@shared/drafts/use-draft";

/** Ends the session, here in any case: a server that does not answer ends it by itself. */
export function useSignOut() {
  const client = useQueryClient();
  const drafts = useDrafts();
  return useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/session")),
    onSettled: async () => {
      await drafts?.close();
      enterSession(client, null);
    },
  });
}
