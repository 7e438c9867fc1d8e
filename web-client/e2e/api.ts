import type { Account, Appointment, AuditEvent, Visit, WaitingRoom } from "../shared/api/types";
import type { DemoAccount } from "./server";

/** An answer of the API, whatever its status. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

interface Problem {
  readonly code: string;
}

/** A signed-in API client outside any browser, for what a test arranges or checks behind the screens. */
export class Api {
  #cookie = "";

  private constructor(readonly origin: string) {}

  static async signIn(origin: string, { email, password }: DemoAccount): Promise<Api> {
    const api = new Api(origin);
    const answer = await api.#fetch("POST", "/api/v1/sessions", { email, password });
    const set = answer.headers.getSetCookie().find((cookie) => cookie.startsWith("__Host-bedside="));
    if (answer.status !== 201 || set === undefined) throw new Error(`sign-in of ${email} answered ${answer.status}`);
    api.#cookie = set.split(";")[0] ?? "";
    return api;
  }

  async get<T>(path: string): Promise<Answer<T>> {
    return this.#call<T>("GET", path);
  }

  async post<T>(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.#call<T>("POST", path, body, headers);
  }

  async delete<T>(path: string): Promise<Answer<T>> {
    return this.#call<T>("DELETE", path);
  }

  async account(): Promise<Account> {
    return expectOk(await this.get<{ account: Account }>("/api/v1/session")).account;
  }

  async today(): Promise<readonly Visit[]> {
    return expectOk(await this.get<WaitingRoom>("/api/v1/waiting-room")).items;
  }

  async visit(id: string): Promise<Visit> {
    return expectOk(await this.get<Visit>(`/api/v1/visits/${id}`));
  }

  /** A short token, as chat takes it. */
  async token(): Promise<string> {
    return expectOk(await this.post<{ token: string }>("/api/v1/session/token")).token;
  }

  /** The newest audit rows about a patient. */
  async audit(patientId: string): Promise<readonly AuditEvent[]> {
    return expectOk(await this.get<{ items: AuditEvent[] }>(`/api/v1/audit-events?patient_id=${patientId}&limit=100`)).items;
  }

  /** Books a visit whose waiting room is open already; a taken slot gives way to a free one near it. */
  async bookNow(patientId: string, providerId: string, reason: string): Promise<Visit> {
    const minute = 60_000;
    const now = Math.floor(Date.now() / minute) * minute;
    for (let ahead = 1; ahead <= 28; ahead += 3) {
      const answer = await this.post<Appointment & Problem>(
        "/api/v1/appointments",
        { patient_id: patientId, provider_id: providerId, starts_at: new Date(now + ahead * minute).toISOString(), minutes: 5, visit_type: "video", reason },
        { "Idempotency-Key": crypto.randomUUID() },
      );
      if (answer.status === 201) return this.visit(answer.body.visit_id);
      if (answer.body.code !== "slot_taken") throw new Error(`booking answered ${answer.status} ${answer.body.code}`);
    }
    throw new Error("no slot within the next half hour is free");
  }

  async #call<T>(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const answer = await this.#fetch(method, path, body, headers);
    const text = await answer.text();
    return { status: answer.status, body: (text === "" ? undefined : JSON.parse(text)) as T };
  }

  #fetch(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method,
      headers: { "content-type": "application/json", origin: this.origin, cookie: this.#cookie, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
  }
}

/** The body of an answer that must have succeeded. */
export function expectOk<T>(answer: Answer<T>): T {
  if (answer.status >= 300) throw new Error(`the server answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
