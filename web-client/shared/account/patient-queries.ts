import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take } from "@shared/api/client";

/** The longest page the API gives. */
const PAGE = 100;

/** Who touched a patient's data, newest first. Reading it is itself recorded, so nothing reads it again by itself. */
export const accessesQuery = (patientId: string) =>
  infiniteQueryOptions({
    queryKey: ["record-accesses", patientId],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/v1/patients/{id}/record-accesses", {
          params: { path: { id: patientId }, query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: 60_000,
  });

/** Whom the signed-in family member acts for. */
export const representedQuery = () =>
  queryOptions({ queryKey: ["represented"], queryFn: () => take(api.GET("/api/v1/represented-patients")) });

/** Who acts, and acted, for a patient. */
export const proxiesQuery = (patientId: string) =>
  queryOptions({
    queryKey: ["proxies", patientId],
    queryFn: () => take(api.GET("/api/v1/patients/{id}/proxies", { params: { path: { id: patientId } } })),
  });
