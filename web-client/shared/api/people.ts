import { queryOptions } from "@tanstack/react-query";
import type { Names } from "@shared/rtc/names";
import { api, take } from "./client";
import { keys } from "./queries";
import type { InvitedVisit, JoinAnswer, VisitPart, VisitPeople } from "./types";

/** Everybody of a visit. Below the visits' key, so that a push about them reads it again. */
export const peopleQuery = (visitId: string) =>
  queryOptions({
    queryKey: [...keys.visit(visitId), "people"],
    queryFn: () => take(api.GET("/api/v1/visits/{id}/people", { params: { path: { id: visitId } } })),
  });

/** How the door of a visit's room stands. */
export const doorQuery = (visitId: string) =>
  queryOptions({
    queryKey: [...keys.visit(visitId), "room"],
    queryFn: () => take(api.GET("/api/v1/visits/{id}/room", { params: { path: { id: visitId } } })),
  });

/** What each part is called, to whoever reads it beside a name. */
export const PART_WORDS: Readonly<Record<VisitPart, string>> = {
  patient: "patient",
  clinician: "clinician",
  second_clinician: "clinician",
  interpreter: "interpreter",
  family: "family or friend",
  care_team: "care team",
};

interface Named {
  readonly identity: string | null;
  readonly display_name: string;
}

/** Names by who they are in the room. */
export function namesIn(items: readonly Named[]): Names {
  return new Map(items.flatMap(({ identity, display_name }) => (identity === null ? [] : [[identity, display_name] as const])));
}

/** Who is who in a visit, asked anew. */
export async function askNames(visitId: string): Promise<Names> {
  const { items }: VisitPeople = await take(api.GET("/api/v1/visits/{id}/people", { params: { path: { id: visitId } } }));
  return namesIn(items);
}

/** What a guest can ask with the secret of their link. */
export const guest = {
  visit: (secret: string): Promise<InvitedVisit> => take(api.POST("/api/v1/guest/visit", { body: { secret } })),
  knock: (secret: string): Promise<InvitedVisit> => take(api.POST("/api/v1/guest/knock", { body: { secret } })),
  join: (secret: string): Promise<JoinAnswer> => take(api.POST("/api/v1/guest/join", { body: { secret } })),
  names: async (secret: string): Promise<Names> => namesIn((await take(api.POST("/api/v1/guest/people", { body: { secret } }))).items),
} as const;
