import type { Ticket } from "@shared/rtc/connection";
import { api, take } from "./client";

/** Asks to join a visit; the server decides each time anew. */
export const askTicket = (visitId: string): Promise<Ticket> =>
  take(api.POST("/api/v1/visits/{id}/join", { params: { path: { id: visitId } }, body: {} }));
