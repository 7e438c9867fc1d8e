import { QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";
import { api, take } from "./client";
import { ApiError } from "./error";
import type { Session } from "./types";

/** Longest pause between two tries of a read, in milliseconds. */
const RETRY_CAP_MS = 10_000;

/**
 * The cache both apps read through. Reads are tried again only when that may help; `onSignedOut`
 * runs when any read finds the session over.
 */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (error instanceof ApiError && error.isSignedOut && query.queryKey[0] !== keys.session[0]) onSignedOut();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => error instanceof ApiError && error.isPassing && count < 4,
        retryDelay: (count) => Math.min(RETRY_CAP_MS, 500 * 2 ** count),
        // Pushes and reconnects say when to read again; "paused" reads would hide a dead server.
        networkMode: "always",
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

/** Cache keys; the first part names the resource, so that a push can invalidate it whole. */
export const keys = {
  session: ["session"],
  visits: ["visits"],
  visit: (id: string) => ["visits", id],
  visitList: (filter: object) => ["visits", "list", filter],
  waitingRoom: ["visits", "waiting-room"],
  chart: (id: string) => ["chart", id],
  consentDocument: ["consent-document", "telehealth"],
} as const;

/**
 * Makes `session` the one in force (null: nobody's) and forgets everything read under another one.
 * The session's own entry is kept, because what watches it would not notice a removal.
 */
export function enterSession(client: QueryClient, session: Session | null): void {
  client.setQueryData(keys.session, session);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
}

/** Who is signed in; null when nobody is. */
export const sessionQuery = () =>
  queryOptions({
    queryKey: keys.session,
    queryFn: async () => {
      try {
        return await take(api.GET("/api/v1/session"));
      } catch (error) {
        if (error instanceof ApiError && error.isSignedOut) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });

/** One visit as the caller may see it. */
export const visitQuery = (id: string) =>
  queryOptions({
    queryKey: keys.visit(id),
    queryFn: () => take(api.GET("/api/v1/visits/{id}", { params: { path: { id } } })),
  });

/** The caller's visits between two instants (RFC 3339). */
export const visitListQuery = (filter: { from?: string; to?: string }) =>
  queryOptions({
    queryKey: keys.visitList(filter),
    queryFn: () => take(api.GET("/api/v1/visits", { params: { query: { ...filter, limit: 50 } } })),
  });

/** Today's board: waiting patients first. */
export const waitingRoomQuery = () =>
  queryOptions({ queryKey: keys.waitingRoom, queryFn: () => take(api.GET("/api/v1/waiting-room")) });

/** The chart beside a visit. */
export const chartQuery = (visitId: string) =>
  queryOptions({
    queryKey: keys.chart(visitId),
    queryFn: () => take(api.GET("/api/v1/visits/{id}/chart", { params: { path: { id: visitId } } })),
  });

/** The telehealth consent text in force. */
export const consentDocumentQuery = () =>
  queryOptions({
    queryKey: keys.consentDocument,
    queryFn: () => take(api.GET("/api/v1/consent-documents/telehealth")),
    staleTime: 300_000,
  });
