import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext } from "react";
import { api, take } from "@shared/api/client";
import { keys } from "@shared/api/queries";
import type { Account } from "@shared/api/types";
import { useDrafts } from "@shared/drafts/use-draft";

const AccountContext = createContext<Account | undefined>(undefined);

export function SessionProvider({ account, children }: { readonly account: Account; readonly children: ReactNode }) {
  return <AccountContext value={account}>{children}</AccountContext>;
}

/** The signed-in staff member; only for screens inside the gate. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (account === undefined) throw new Error("useAccount is used outside SessionProvider");
  return account;
}

/** Ends the session at the server, then forgets everything this browser has read. */
export function useSignOut() {
  const cache = useQueryClient();
  const drafts = useDrafts();
  return useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/session")),
    onSuccess: async () => {
      await drafts?.close();
      forgetEverything(cache);
    },
  });
}

/** Nobody is signed in any more: whoever comes next must not see what the last person read. */
export function forgetEverything(cache: QueryClient): void {
  cache.setQueryData(keys.session, null);
  cache.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
}
