import { http, HttpResponse, type RequestHandler } from "msw";
import type { InvitedVisit, Session, Visit, VisitPerson } from "@shared/api/types";
import { consentDocument, inMinutes, session } from "./fixtures";

/** Makes the next answers of a route a problem document, `network` for no answer at all. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly extra?: Record<string, unknown>;
}

/** The patient-facing API in memory: enough of its rules for screens to be judged by. */
export class FakeBackend {
  session: Session | null = session();
  visits: Visit[] = [];
  /** Everybody of every visit. */
  people: VisitPerson[] = [];
  door: { locked_since: string | null; removed: string[] } = { locked_since: null, removed: [] };
  /** What a guest's link leads to; null when it is not valid. */
  invited: InvitedVisit | null = null;
  password = "correct horse";
  /** What signing in asks for beside the password; none when empty. */
  secondFactors: string[] = [];
  /** The code that is right now. */
  code = "123456";
  /** By method and path ending, such as `POST /join`; stays until deleted. */
  readonly refusals = new Map<string, Refusal | "network">();
  /** Method and path of each request, oldest first. */
  readonly requests: string[] = [];

  readonly handlers: RequestHandler[] = [
    http.get("*/healthz", () => new HttpResponse("ok")),
    http.all("*/api/v1/*", ({ request }) => this.#gate(request)),
    http.get("*/api/v1/session", () => HttpResponse.json(this.session)),
    http.post("*/api/v1/sessions", async ({ request }) => this.#signIn((await request.json()) as { password: string })),
    http.post("*/api/v1/sessions/second-factor", async ({ request }) => this.#prove((await request.json()) as { proof: { code: string } })),
    http.delete("*/api/v1/session", () => {
      this.session = null;
      return new HttpResponse(null, { status: 204 });
    }),
    http.post("*/api/v1/session/token", () => HttpResponse.json({ token: "short", expires_at: inMinutes(5) })),
    http.get("*/api/v1/visits", () => HttpResponse.json({ items: this.visits, next_cursor: null })),
    http.get("*/api/v1/visits/:id", ({ params }) => this.#answer(String(params.id))),
    http.post("*/api/v1/visits/:id/check-in", ({ params }) =>
      this.#change(String(params.id), { state: "checked_in", checked_in_at: inMinutes(0), actions: ["ready"] }),
    ),
    http.post("*/api/v1/visits/:id/ready", async ({ params, request }) => {
      const { device_check } = (await request.json()) as Pick<Visit, "device_check">;
      const queue = { ahead: 2, estimated_minutes: { low: 10, high: 15 } };
      return this.#change(String(params.id), { state: "ready", ready_at: inMinutes(0), device_check, queue, actions: [] });
    }),
    http.post("*/api/v1/visits/:id/join", ({ params }) =>
      HttpResponse.json({ url: "ws://localhost", token: "media", room: params.id, identity: "me", expires_at: inMinutes(10) }),
    ),
    http.get("*/api/v1/visits/:id/people", () => HttpResponse.json({ items: this.people, locked_since: null, may_moderate: false, may_invite: false })),
    http.get("*/api/v1/visits/:id/room", () => HttpResponse.json(this.door)),
    ...(["visit", "knock"] as const).map((step) => http.post(`*/api/v1/guest/${step}`, () => this.#invited(step))),
    http.get("*/api/v1/consent-documents/telehealth", () => HttpResponse.json(consentDocument)),
    http.post("*/api/v1/patients/:id/consents", () => {
      this.visits = this.visits.map((visit) => ({ ...visit, consent_telehealth: true }));
      return HttpResponse.json({ id: "c", kind: "telehealth" }, { status: 201 });
    }),
  ];

  /** Changes a visit as another party's action would. */
  move(id: string, change: Partial<Visit>): void {
    this.visits = this.visits.map((visit) => (visit.id === id ? { ...visit, ...change, version: visit.version + 1 } : visit));
  }

  #gate(request: Request): Response | undefined {
    const path = new URL(request.url).pathname;
    const key = `${request.method} ${path}`;
    this.requests.push(key);
    const found = [...this.refusals].find(([route]) => {
      const [method, ending = ""] = route.split(" ");
      return method === request.method && path.endsWith(ending);
    });
    const refusal = found?.[1];
    if (refusal === "network") return HttpResponse.error();
    if (refusal !== undefined) return problem(refusal);
    if (this.session === null && !path.includes("/sessions") && !path.includes("/guest/")) {
      return problem({ status: 401, code: "unauthenticated", detail: "Nobody is signed in." });
    }
    return undefined;
  }

  #signIn({ password }: { password: string }): Response {
    if (password !== this.password) return problem({ status: 401, code: "invalid_credentials" });
    if (this.secondFactors.length > 0) {
      const second_factor = { attempt: "attempt", methods: this.secondFactors, expires_at: inMinutes(5) };
      return problem({ status: 401, code: "second_factor_required", extra: { second_factor } });
    }
    this.session = session();
    return HttpResponse.json(this.session, { status: 201 });
  }

  #prove({ proof }: { proof: { code: string } }): Response {
    if (proof.code !== this.code) return problem({ status: 422, code: "invalid_code" });
    this.session = session();
    return HttpResponse.json(this.session, { status: 201 });
  }

  #invited(step: "visit" | "knock"): Response {
    if (this.invited === null) return problem({ status: 404, code: "not_found" });
    if (step === "knock") this.invited = { ...this.invited, stage: "knocking" };
    return HttpResponse.json(this.invited);
  }

  #answer(id: string): Response {
    const visit = this.visits.find((one) => one.id === id);
    return visit === undefined ? problem({ status: 404, code: "not_found" }) : HttpResponse.json(visit);
  }

  #change(id: string, change: Partial<Visit>): Response {
    this.move(id, change);
    return this.#answer(id);
  }
}

function problem({ status, code, detail = "", extra = {} }: Refusal): Response {
  return HttpResponse.json(
    { type: "about:blank", title: code, status, detail, code, request_id: "0193a000-req", ...extra },
    { status, headers: { "content-type": "application/problem+json" } },
  );
}
