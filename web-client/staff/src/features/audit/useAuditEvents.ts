import { useInfiniteQuery } from "@tanstack/react-query";
import type { AuditEvent, ReportRow } from "@shared/api/types";
import { reportQuery } from "../../lib/complianceQueries";
import { type AuditFilter, auditQuery } from "../../lib/staffQueries";
import type { Person } from "./AuditTable";

/** The log, or with a `person` the report of their acts, which is the same rows. */
export function useAuditEvents(filter: AuditFilter, person: Person | undefined) {
  const everybody = useInfiniteQuery({ ...auditQuery(filter), enabled: person === undefined });
  const one = useInfiniteQuery(reportQuery("user-activity", { ...filter, account_id: person?.account_id ?? "" }, person !== undefined));
  if (person === undefined) return { pages: everybody, events: everybody.data?.pages.flatMap((page) => page.items) };
  return { pages: one, events: one.data?.pages.flatMap((page) => page.items.map(eventOf)) };
}

function eventOf({ actor_id, actor_name, ...row }: ReportRow): AuditEvent {
  const actor = actor_id === null ? null : { account_id: actor_id, display_name: actor_name ?? "Unknown" };
  return { ...row, actor };
}
