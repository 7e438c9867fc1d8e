/**
 * The HTTP API's types, in the form openapi-typescript writes them.
 * `npm run generate` replaces this file from core-api/openapi.json.
 */
type Json<T> = { headers: { [name: string]: unknown }; content: { "application/json": T } };
type Empty = { headers: { [name: string]: unknown }; content?: never };
type Fails = { default: { headers: { [name: string]: unknown }; content: { "application/problem+json": components["schemas"]["Problem"] } } };
type Body<T> = { content: { "application/json": T } };
type Params<P = never, Q = never, H = never> = {
  query?: [Q] extends [never] ? never : Q;
  header?: [H] extends [never] ? never : H;
  path: [P] extends [never] ? never : P;
  cookie?: never;
};
type NoPath<Q = never, H = never> = {
  query?: [Q] extends [never] ? never : Q;
  header?: [H] extends [never] ? never : H;
  path?: never;
  cookie?: never;
};
type Get<P, T> = { parameters: P; requestBody?: never; responses: { 200: Json<T> } & Fails };
type Post<P, B, S extends number, T> = { parameters: P; requestBody: Body<B>; responses: { [code in S]: Json<T> } & Fails };
type Schema = components["schemas"];
type Id = { id: string };

export interface paths {
  "/api/v1/sessions": { parameters: NoPath; post: Post<NoPath, Schema["SignIn"], 201, Schema["Session"]> };
  "/api/v1/session": {
    parameters: NoPath;
    get: Get<NoPath, Schema["Session"]>;
    delete: { parameters: NoPath; requestBody?: never; responses: { 204: Empty } & Fails };
  };
  "/api/v1/session/token": {
    parameters: NoPath;
    post: { parameters: NoPath; requestBody?: never; responses: { 200: Json<Schema["SessionToken"]> } & Fails };
  };
  "/api/v1/visits": {
    parameters: NoPath;
    get: Get<NoPath<{ from?: string; to?: string; state?: Schema["VisitState"]; cursor?: string; limit?: number }>, Schema["VisitList"]>;
  };
  "/api/v1/visits/{id}": { parameters: NoPath; get: Get<Params<Id>, Schema["Visit"]> };
  "/api/v1/visits/{id}/check-in": { parameters: NoPath; post: Post<Params<Id>, Schema["Nothing"], 200, Schema["Visit"]> };
  "/api/v1/visits/{id}/ready": { parameters: NoPath; post: Post<Params<Id>, Schema["ReadyRequest"], 200, Schema["Visit"]> };
  "/api/v1/visits/{id}/admit": { parameters: NoPath; post: Post<Params<Id>, Schema["Nothing"], 200, Schema["Visit"]> };
  "/api/v1/visits/{id}/return-to-waiting": { parameters: NoPath; post: Post<Params<Id>, Schema["Nothing"], 200, Schema["Visit"]> };
  "/api/v1/visits/{id}/complete": { parameters: NoPath; post: Post<Params<Id>, Schema["Nothing"], 200, Schema["Visit"]> };
  "/api/v1/visits/{id}/no-show": { parameters: NoPath; post: Post<Params<Id>, Schema["Nothing"], 200, Schema["Visit"]> };
  "/api/v1/visits/{id}/cancel": { parameters: NoPath; post: Post<Params<Id>, Schema["CancelRequest"], 200, Schema["Visit"]> };
  "/api/v1/visits/{id}/join": { parameters: NoPath; post: Post<Params<Id>, Schema["Nothing"], 200, Schema["JoinAnswer"]> };
  "/api/v1/visits/{id}/chart": { parameters: NoPath; get: Get<Params<Id>, Schema["Chart"]> };
  "/api/v1/waiting-room": { parameters: NoPath; get: Get<NoPath, Schema["WaitingRoom"]> };
  "/api/v1/consent-documents/telehealth": { parameters: NoPath; get: Get<NoPath, Schema["ConsentDocument"]> };
  "/api/v1/patients/{id}/consents": {
    parameters: NoPath;
    get: Get<Params<Id>, Schema["ConsentList"]>;
    post: Post<Params<Id>, Schema["GiveConsent"], 201, Schema["Consent"]>;
  };
  "/api/v1/patients/{id}/consents/{cid}/withdraw": {
    parameters: NoPath;
    post: Post<Params<Id & { cid: string }>, Schema["Nothing"], 200, Schema["Consent"]>;
  };
  "/api/v1/providers": { parameters: NoPath; get: Get<NoPath<{ cursor?: string; limit?: number }>, Schema["ProviderList"]> };
  "/api/v1/clinics/{id}": { parameters: NoPath; get: Get<Params<Id>, Schema["Clinic"]> };
  "/api/v1/patients": {
    parameters: NoPath;
    get: Get<NoPath<{ query?: string; cursor?: string; limit?: number }>, Schema["PatientList"]>;
    post: Post<NoPath, Schema["NewPatient"], 201, Schema["Patient"]>;
  };
  "/api/v1/patients/{id}": {
    parameters: NoPath;
    get: Get<Params<Id>, Schema["Patient"]>;
    patch: Post<Params<Id, never, { "If-Match": string }>, Partial<Schema["NewPatient"]>, 200, Schema["Patient"]>;
  };
  "/api/v1/appointments": {
    parameters: NoPath;
    post: Post<NoPath<never, { "Idempotency-Key": string }>, Schema["NewAppointment"], 201, Schema["Appointment"]>;
  };
  "/api/v1/appointments/{id}": {
    parameters: NoPath;
    get: Get<Params<Id>, Schema["Appointment"]>;
    patch: Post<Params<Id, never, { "If-Match": string }>, Schema["MoveAppointment"], 200, Schema["Appointment"]>;
  };
  "/api/v1/appointments/{id}/cancel": { parameters: NoPath; post: Post<Params<Id>, Schema["CancelRequest"], 200, Schema["Appointment"]> };
  "/api/v1/accounts": {
    parameters: NoPath;
    get: Get<NoPath<{ cursor?: string; limit?: number }>, Schema["AccountList"]>;
    post: Post<NoPath, Schema["NewAccount"], 201, Schema["Account"]>;
  };
  "/api/v1/audit-events": {
    parameters: NoPath;
    get: Get<NoPath<{ patient_id?: string; from?: string; to?: string; cursor?: string; limit?: number }>, Schema["AuditEventList"]>;
  };
}

export interface components {
  schemas: {
    Nothing: Record<string, never>;
    Role: "patient" | "clinician" | "coordinator" | "clinic_admin";
    VisitState: "scheduled" | "checked_in" | "ready" | "admitted" | "in_progress" | "completed" | "cancelled" | "no_show";
    VisitAction: "check_in" | "ready" | "admit" | "join" | "return_to_waiting" | "complete" | "cancel" | "no_show";
    DeviceResult: "ok" | "failed" | "skipped";
    Problem: {
      type: string;
      title: string;
      status: number;
      detail?: string | null;
      code: string;
      request_id?: string | null;
      [extra: string]: unknown;
    };
    SignIn: { email: string; password: string };
    Clinic: { id: string; name: string; time_zone: string };
    Account: {
      id: string;
      email: string;
      display_name: string;
      roles: components["schemas"]["Role"][];
      clinic: components["schemas"]["Clinic"];
      patient_id: string | null;
      provider_id: string | null;
    };
    Session: { account: components["schemas"]["Account"]; session_id: string; expires_at: string; idle_expires_at: string };
    SessionToken: { token: string; expires_at: string };
    VisitPatient: {
      id: string;
      account_id: string | null;
      display_name: string;
      date_of_birth: string;
      sex: string;
      pronouns: string | null;
    };
    VisitClinician: { id: string; account_id: string; display_name: string; specialty: string };
    DeviceCheck: {
      camera: components["schemas"]["DeviceResult"];
      microphone: components["schemas"]["DeviceResult"];
      network: components["schemas"]["DeviceResult"];
    };
    Queue: { ahead: number; estimated_minutes: { low: number; high: number } };
    Visit: {
      id: string;
      version: number;
      state: components["schemas"]["VisitState"];
      clinic_id: string;
      appointment_id: string;
      starts_at: string;
      ends_at: string;
      window_opens_at: string;
      window_closes_at: string;
      reason: string;
      visit_type: string;
      patient: components["schemas"]["VisitPatient"];
      clinician: components["schemas"]["VisitClinician"];
      checked_in_at: string | null;
      ready_at: string | null;
      admitted_at: string | null;
      admitted_by: string | null;
      started_at: string | null;
      ended_at: string | null;
      conversation_id: string;
      consent_telehealth: boolean;
      device_check: components["schemas"]["DeviceCheck"] | null;
      queue: components["schemas"]["Queue"] | null;
      actions: components["schemas"]["VisitAction"][];
    };
    VisitList: { items: components["schemas"]["Visit"][]; next_cursor: string | null };
    ReadyRequest: { device_check: components["schemas"]["DeviceCheck"] };
    CancelRequest: { reason: string };
    JoinAnswer: { url: string; token: string; room: string; identity: string; expires_at: string };
    ChartEntry: { id: string; kind: "allergy" | "medication" | "condition" | "note"; text: string; recorded_at: string };
    PreviousVisit: { id: string; starts_at: string; state: components["schemas"]["VisitState"]; clinician_display_name: string };
    Chart: {
      patient: components["schemas"]["VisitPatient"];
      reason: string;
      entries: components["schemas"]["ChartEntry"][];
      previous_visits: components["schemas"]["PreviousVisit"][];
    };
    WaitingRoom: { conversation_id: string; items: components["schemas"]["Visit"][]; server_time: string };
    ConsentDocument: { id: string; kind: "telehealth"; version: number; title: string; body_markdown: string; effective_at: string };
    Consent: {
      id: string;
      kind: "telehealth";
      document_id: string;
      version: number;
      given_at: string;
      given_by: string;
      withdrawn_at: string | null;
    };
    ConsentList: { items: components["schemas"]["Consent"][]; next_cursor: string | null };
    GiveConsent: { document_id: string };
    Provider: { id: string; account_id: string; display_name: string; specialty: string };
    ProviderList: { items: components["schemas"]["Provider"][]; next_cursor: string | null };
    Patient: {
      id: string;
      version: number;
      account_id: string | null;
      display_name: string;
      date_of_birth: string;
      sex: string;
      pronouns: string | null;
      phone: string | null;
      email: string | null;
      preferred_language: string | null;
    };
    PatientList: { items: components["schemas"]["Patient"][]; next_cursor: string | null };
    NewPatient: {
      display_name: string;
      date_of_birth: string;
      sex: string;
      pronouns?: string | null;
      phone?: string | null;
      email?: string | null;
      preferred_language?: string | null;
    };
    Appointment: {
      id: string;
      version: number;
      visit_id: string;
      patient_id: string;
      provider_id: string;
      starts_at: string;
      ends_at: string;
      status: string;
      reason: string;
    };
    NewAppointment: { patient_id: string; provider_id: string; starts_at: string; minutes: number; visit_type: "video"; reason: string };
    MoveAppointment: { starts_at: string; minutes: number };
    NewAccount: { email: string; display_name: string; roles: components["schemas"]["Role"][]; password: string };
    AccountList: { items: components["schemas"]["Account"][]; next_cursor: string | null };
    AuditEvent: {
      id: string;
      at: string;
      actor: { account_id: string; display_name: string } | null;
      action: string;
      resource_type: string;
      resource_id: string | null;
      patient_id: string | null;
      outcome: string;
      request_id: string | null;
    };
    AuditEventList: { items: components["schemas"]["AuditEvent"][]; next_cursor: string | null };
  };
}
