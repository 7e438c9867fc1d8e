import { http, HttpResponse, type HttpHandler } from "msw";
import type { Account, InvitedVisit, Visit, VisitPerson, VisitState } from "@shared/api/types";
import { accounts, appointment, auditAt, chart, colleagues, dayAt, partiesOf, patients, providers, sessionOf, visitOf } from "./fixtures";

/** What the pretended server knows; tests and screenshots change it between requests. */
export interface World {
  account: Account | null;
  visits: Visit[];
  now: number;
  /** Answers every read of the day with this status instead. */
  failing?: number;
  /** Never answers reads of the day. */
  silent?: boolean;
  /** Somebody else admits first. */
  admittedBy?: string;
  /** Bookings find the slot taken and are offered these starts. */
  alternatives?: string[];
  /** Third parties of every visit. */
  invited: VisitPerson[];
  /** Visits of others that the signed-in person is invited to. */
  invitations: InvitedVisit[];
  lockedSince: string | null;
  /** Requests seen, as "METHOD path". */
  readonly seen: string[];
}

export function worldOf(account: Account | null, now: number, change: Partial<World> = {}): World {
  return { account, visits: dayAt(now), now, invited: [], invitations: [], lockedSince: null, seen: [], ...change };
}

function problem(status: number, code: string, detail: string, extra: object = {}): Response {
  return HttpResponse.json(
    { type: "about:blank", title: detail, status, detail, code, request_id: "0199b2f4-7c1a-7d52", ...extra },
    { status, headers: { "content-type": "application/problem+json" } },
  );
}

const NEXT: Record<string, VisitState> = {
  "check-in": "checked_in",
  admit: "admitted",
  "return-to-waiting": "ready",
  complete: "completed",
  cancel: "cancelled",
  "no-show": "no_show",
};

/** The API of a clinic, as far as staff screens use it. */
export function handlersOf(world: World): HttpHandler[] {
  const api = (path: string): string => `*/api/v1${path}`;
  const find = (id: unknown): Visit | undefined => world.visits.find((visit) => visit.id === id);
  const page = (items: readonly unknown[]): Response => HttpResponse.json({ items, next_cursor: null });
  const notFound = (): Response => problem(404, "not_found", "There is no such thing.");
  const day = async (answer: () => Response): Promise<Response> => {
    if (world.silent === true) await new Promise(() => undefined);
    return world.failing === undefined ? answer() : problem(world.failing, "internal", "The server made a mistake.");
  };
  return [
    http.all("*", ({ request }) => void world.seen.push(`${request.method} ${new URL(request.url).pathname}`)),
    http.get(api("/session"), () => (world.account === null ? problem(401, "unauthenticated", "Nobody is signed in.") : HttpResponse.json(sessionOf(world.account)))),
    http.post(api("/sessions"), async ({ request }) => {
      const { email } = (await request.json()) as { email: string };
      const found = Object.values(accounts).find((account) => account.email === email);
      if (found === undefined) return problem(401, "invalid_credentials", "Email and password do not belong together.");
      world.account = found;
      return HttpResponse.json(sessionOf(found), { status: 201 });
    }),
    http.delete(api("/session"), () => {
      world.account = null;
      return new HttpResponse(null, { status: 204 });
    }),
    http.post(api("/session/token"), () => HttpResponse.json({ token: "token", expires_at: new Date(world.now + 300_000).toISOString() })),
    http.get(api("/waiting-room"), () =>
      day(() => HttpResponse.json({ conversation_id: "conversation-room", items: world.visits, server_time: new Date(world.now).toISOString() })),
    ),
    http.get(api("/visits/:id"), ({ params }) => {
      const visit = find(params["id"]);
      return visit === undefined ? notFound() : HttpResponse.json(visit);
    }),
    http.get(api("/visits/:id/people"), ({ params }) => {
      const visit = find(params["id"]);
      if (visit === undefined) return notFound();
      const open = visit.state === "admitted" || visit.state === "in_progress";
      const mine = world.account?.roles.some((role) => role === "clinician" || role === "coordinator") === true;
      return HttpResponse.json({ items: [...partiesOf(visit), ...world.invited], locked_since: world.lockedSince, may_moderate: open && mine, may_invite: mine });
    }),
    http.get(api("/visits/:id/colleagues"), () => HttpResponse.json({ items: colleagues })),
    http.get(api("/invitations"), () => HttpResponse.json({ items: world.invitations })),
    http.post(api("/visits/:id/invitations"), () =>
      HttpResponse.json({ invitation_id: "invitation-new", secret: "hRk3V1yV0mC0sJx8bWq9dT2nE5uFzLaP7oYiQcGvNmA", expires_at: new Date(world.now + 3_600_000).toISOString() }, { status: 201 }),
    ),
    http.post(api("/visits/:id/invitations/:invitation/:deed"), ({ params }) => {
      const { invitation, deed } = params;
      world.invited = world.invited.flatMap((person): VisitPerson[] => {
        if (person.invitation === null || person.invitation.id !== invitation) return [person];
        return deed === "revoke" ? [] : [{ ...person, invitation: { ...person.invitation, stage: "let_in" } }];
      });
      return HttpResponse.json({});
    }),
    http.post(api("/visits/:id/participants/:account/:deed"), () => HttpResponse.json({})),
    http.post(api("/visits/:id/lock"), () => {
      world.lockedSince = new Date(world.now).toISOString();
      return HttpResponse.json({});
    }),
    http.post(api("/visits/:id/unlock"), () => {
      world.lockedSince = null;
      return HttpResponse.json({});
    }),
    http.get(api("/visits/:id/chart"), () => HttpResponse.json(chart)),
    http.post(api("/visits/:id/join"), () => problem(503, "unavailable", "The media part is starting.")),
    http.post(api("/visits/:id/:action"), ({ params }) => act(world, String(params["id"]), String(params["action"]))),
    http.get(api("/providers"), () => page(providers)),
    http.post(api("/patients/_search"), async ({ request }) => {
      const typed = (((await request.json()) as { query?: string }).query ?? "").toLowerCase();
      return page(patients.filter((patient) => patient.display_name.toLowerCase().includes(typed)));
    }),
    http.post(api("/appointments"), () =>
      world.alternatives === undefined
        ? HttpResponse.json(appointment, { status: 201 })
        : problem(409, "slot_taken", "The slot is taken.", { alternatives: world.alternatives }),
    ),
    http.get(api("/accounts"), () => page(Object.values(accounts))),
    http.post(api("/accounts"), () => problem(409, "email_taken", "The email has an account.")),
    http.get(api("/audit-events"), () => page(auditAt(world.now))),
  ];
}

function act(world: World, id: string, action: string): Response {
  const visit = world.visits.find((one) => one.id === id);
  const state = NEXT[action];
  if (visit === undefined || state === undefined) return problem(404, "not_found", "There is no such thing.");
  if (action === "admit" && world.admittedBy !== undefined) {
    return problem(409, "already_admitted", "Somebody else admitted first.", { admitted_by: { display_name: world.admittedBy }, state: "admitted" });
  }
  const { actions } = visitOf({ state });
  const next = { ...visit, state, actions, checked_in_at: visit.checked_in_at ?? new Date(world.now).toISOString() };
  world.visits = world.visits.map((one) => (one.id === id ? next : one));
  return HttpResponse.json(next);
}
