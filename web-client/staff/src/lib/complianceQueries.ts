import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";
import type { ReportKind, ReviewState } from "@shared/api/types";
import { PAGE_SIZE } from "./staffQueries";

/** What a report is narrowed to. */
export interface ReportFilter {
  readonly patient_id?: string;
  readonly account_id?: string;
  readonly from?: string;
  readonly to?: string;
}

/** A report, newest first, page by page. Each page is itself an audited read, so nothing is re-read by itself. */
export const reportQuery = (report: ReportKind, filter: ReportFilter, enabled = true) =>
  infiniteQueryOptions({
    queryKey: ["report", report, filter],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/audit-reports/{report}", {
          params: { path: { report }, query: { ...filter, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    enabled,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Emergency accesses whose review stands there, newest first. */
export const emergencyAccessQuery = (state: ReviewState) =>
  infiniteQueryOptions({
    queryKey: ["emergency-access", state],
    queryFn: ({ pageParam }) =>
      take(api.GET("/api/v1/emergency-access", { params: { query: { state, limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

/** One patient, as far as the caller may see them. */
export const patientQuery = (id: string) =>
  queryOptions({
    queryKey: ["patients", "one", id],
    queryFn: () => take(api.GET("/api/v1/patients/{id}", { params: { path: { id } } })),
    retry: false,
  });

/** Who cares, and cared, for a patient. */
export const careTeamQuery = (id: string) =>
  queryOptions({
    queryKey: ["patients", "care-team", id],
    queryFn: () => take(api.GET("/api/v1/patients/{id}/care-team", { params: { path: { id } } })),
  });
