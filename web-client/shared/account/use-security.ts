import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";
import { factorsQuery, noticesQuery, sessionsQuery } from "./queries";
import type { Proven } from "./use-enrolment";

/** What guards the account, and how to change it; shown lists are read again after each change. */
export function useSecurity(proven: Proven) {
  const client = useQueryClient();
  const renew = async (): Promise<void> => {
    await Promise.all([factorsQuery(), sessionsQuery(), noticesQuery()].map(({ queryKey }) => client.invalidateQueries({ queryKey })));
  };
  return {
    factors: useQuery(factorsQuery()),
    removeFactor: useMutation({
      mutationFn: (id: string) => proven(() => take(api.DELETE("/api/v1/factors/{id}", { params: { path: { id } } }))),
      onSettled: renew,
    }),
    newCodes: useMutation({
      mutationFn: () => proven(() => take(api.POST("/api/v1/factors/recovery-codes"))),
      onSettled: renew,
    }),
  };
}

/** Where the account is signed in, and the ways to end that. */
export function useOwnSessions() {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: sessionsQuery().queryKey });
  return {
    sessions: useQuery(sessionsQuery()),
    end: useMutation({
      mutationFn: (id: string) => take(api.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } })),
      onSettled,
    }),
    endOthers: useMutation({ mutationFn: () => take(api.DELETE("/api/v1/sessions")), onSettled }),
  };
}

/** A new password in place of the present one. The other sessions end with it. */
export function usePasswordChange(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { current_password: string; new_password: string }) => take(api.POST("/api/v1/account/password", { body })),
    onSuccess: async () => {
      await Promise.all([sessionsQuery(), noticesQuery()].map(({ queryKey }) => client.invalidateQueries({ queryKey })));
      onDone();
    },
  });
}
