import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";
import { keys } from "@shared/api/queries";

/** Reads that only staff screens make. The longest list asked for at once. */
export const PAGE_SIZE = 50;

/** Clinicians of the clinic; they change seldom. */
export const providersQuery = () =>
  queryOptions({
    queryKey: ["providers"],
    queryFn: () => take(api.GET("/api/v1/providers", { params: { query: { limit: PAGE_SIZE } } })),
    staleTime: 300_000,
  });

/** The visits of others that the signed-in person is invited to. Below the visits' key: a push reads them again. */
export const invitationsQuery = () =>
  queryOptions({
    queryKey: [...keys.visits, "invited"],
    queryFn: () => take(api.GET("/api/v1/invitations")),
  });

/** Whom one could invite to a visit. */
export const colleaguesQuery = (visitId: string) =>
  queryOptions({
    queryKey: ["colleagues", visitId],
    queryFn: () => take(api.GET("/api/v1/visits/{id}/colleagues", { params: { path: { id: visitId } } })),
    staleTime: 300_000,
  });

/** The fewest letters that are searched for: each search is an audited read. */
export const MIN_SEARCH = 2;

/** Patients whose name matches what was typed. A name has no place in an address, so it is posted. */
export const patientSearchQuery = (typed: string) =>
  queryOptions({
    queryKey: ["patients", "search", typed],
    queryFn: () => take(api.POST("/api/v1/patients/_search", { body: { query: typed, cursor: null, limit: 8 } })),
    enabled: typed.length >= MIN_SEARCH,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

/** The clinic's accounts, page by page. */
export const accountsQuery = () =>
  infiniteQueryOptions({
    queryKey: ["accounts"],
    queryFn: ({ pageParam }) =>
      take(api.GET("/api/v1/accounts", { params: { query: { limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

/** What the audit log is narrowed to. */
export interface AuditFilter {
  readonly patient_id?: string;
  readonly from?: string;
  readonly to?: string;
}

/** The audit log, newest first, page by page. Each page is itself an audited read, so nothing is re-read by itself. */
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/audit-events", {
          params: { query: { ...filter, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
