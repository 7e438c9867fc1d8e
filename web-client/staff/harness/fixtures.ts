import type {
  Account,
  Appointment,
  AuditEvent,
  Chart,
  Clinic,
  Colleague,
  InvitedVisit,
  Patient,
  Provider,
  Session,
  Visit,
  VisitAction,
  VisitPerson,
  VisitState,
} from "@shared/api/types";

/** A morning in a small clinic: what tests and the screenshot harness show. */

export const clinic: Clinic = { id: "clinic-1", name: "Harbour Street Clinic", time_zone: "America/New_York" };

export const providers: readonly Provider[] = [
  { id: "provider-lee", account_id: "account-lee", display_name: "Dr Mina Lee", specialty: "Family medicine" },
  { id: "provider-okafor", account_id: "account-okafor", display_name: "Dr Chidi Okafor", specialty: "Dermatology" },
];

const account = (id: string, display_name: string, email: string, roles: Account["roles"], provider_id: string | null = null): Account => ({
  id,
  email,
  display_name,
  roles,
  clinic,
  patient_id: roles.includes("patient") ? "patient-1" : null,
  provider_id,
});

export const accounts = {
  clinician: account("account-lee", "Dr Mina Lee", "mina.lee@harbour.example", ["clinician"], "provider-lee"),
  coordinator: account("account-ruiz", "Paula Ruiz", "paula.ruiz@harbour.example", ["coordinator"]),
  clinic_admin: account("account-berg", "Tomas Berg", "tomas.berg@harbour.example", ["clinic_admin"]),
  patient: account("account-osei", "Amina Osei", "amina.osei@mail.example", ["patient"]),
} satisfies Record<string, Account>;

export const sessionOf = (who: Account): Session => ({
  account: who,
  session_id: "session-1",
  expires_at: "2026-11-23T23:00:00Z",
  idle_expires_at: "2026-11-23T23:00:00Z",
});

const ACTIONS: Record<VisitState, VisitAction[]> = {
  scheduled: ["check_in", "cancel", "no_show"],
  checked_in: ["admit", "cancel"],
  ready: ["admit", "cancel"],
  admitted: ["join", "return_to_waiting", "complete"],
  in_progress: ["join", "return_to_waiting", "complete"],
  completed: [],
  cancelled: [],
  no_show: [],
};

let serial = 0;

/** A visit in its usual shape; `overrides` say what a test is about. */
export function visitOf(overrides: Partial<Visit> = {}): Visit {
  serial += 1;
  const state = overrides.state ?? "ready";
  return {
    id: `visit-${serial}`,
    version: 1,
    state,
    clinic_id: clinic.id,
    appointment_id: `appointment-${serial}`,
    starts_at: "2026-11-23T15:00:00Z",
    ends_at: "2026-11-23T15:30:00Z",
    window_opens_at: "2026-11-23T14:30:00Z",
    window_closes_at: "2026-11-23T16:30:00Z",
    reason: "Blood pressure follow-up",
    visit_type: "video",
    patient: {
      id: `patient-${serial}`,
      account_id: `account-patient-${serial}`,
      display_name: "Amina Osei",
      date_of_birth: "1984-03-09",
      sex: "female",
      pronouns: "she/her",
    },
    clinician: { id: "provider-lee", account_id: "account-lee", display_name: "Dr Mina Lee", specialty: "Family medicine" },
    checked_in_at: null,
    ready_at: null,
    admitted_at: null,
    admitted_by: null,
    started_at: null,
    ended_at: null,
    conversation_id: `conversation-${serial}`,
    consent_telehealth: state !== "scheduled",
    device_check: state === "scheduled" ? null : { camera: "ok", microphone: "ok", network: "ok" },
    queue: null,
    media: [],
    actions: ACTIONS[state],
    ...overrides,
  };
}

const person = (id: string, display_name: string, date_of_birth: string, sex: Visit["patient"]["sex"], pronouns: string | null): Visit["patient"] => ({
  id,
  account_id: `account-${id}`,
  display_name,
  date_of_birth,
  sex,
  pronouns,
});

const [lee, okafor] = providers;

/** Today's visits of the clinic around `now`, one in every state. */
export function dayAt(now: number): Visit[] {
  const at = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();
  const slot = (start: number) => ({ starts_at: at(start), ends_at: at(start + 30), window_opens_at: at(start - 30), window_closes_at: at(start + 90) });
  return [
    visitOf({ ...slot(-4), id: "visit-amina", state: "ready", reason: "Blood pressure follow-up", checked_in_at: at(-11), ready_at: at(-8), clinician: lee, patient: person("patient-1", "Amina Osei", "1984-03-09", "female", "she/her") }),
    visitOf({ ...slot(-26), id: "visit-jonas", state: "checked_in", reason: "Rash on both forearms for two weeks, itching at night", checked_in_at: at(-24), device_check: { camera: "ok", microphone: "failed", network: "ok" }, consent_telehealth: false, clinician: okafor, patient: person("patient-2", "Jonas Lindqvist", "1959-07-30", "male", null) }),
    visitOf({ ...slot(-12), id: "visit-wei", state: "in_progress", reason: "Medication review", checked_in_at: at(-20), admitted_at: at(-10), started_at: at(-9), clinician: okafor, patient: person("patient-3", "Wei Zhang", "1991-12-02", "female", "they/them") }),
    visitOf({ ...slot(11), id: "visit-rosa", state: "checked_in", reason: "Migraine, second visit", checked_in_at: at(-1), device_check: null, consent_telehealth: true, clinician: lee, patient: person("patient-4", "Rosa Delgado-Fernández", "2001-05-17", "female", null) }),
    visitOf({ ...slot(-7), id: "visit-peter", state: "scheduled", reason: "Knee pain after a fall", clinician: lee, patient: person("patient-5", "Peter Nowak", "1972-10-11", "male", "he/him") }),
    visitOf({ ...slot(45), id: "visit-grace", state: "scheduled", reason: "Asthma review", clinician: lee, patient: person("patient-6", "Grace Mbeki", "1966-01-25", "female", null) }),
    visitOf({ ...slot(75), id: "visit-sam", state: "scheduled", reason: "Contraception advice", clinician: okafor, patient: person("patient-7", "Sam Whitfield", "1998-08-08", "other", "they/them") }),
    visitOf({ ...slot(-75), id: "visit-ida", state: "completed", reason: "Lab results", checked_in_at: at(-80), started_at: at(-74), ended_at: at(-52), clinician: lee, patient: person("patient-8", "Ida Haugen", "1949-04-01", "female", null) }),
    visitOf({ ...slot(-105), id: "visit-omar", state: "no_show", reason: "Sick note", clinician: lee, patient: person("patient-9", "Omar Haddad", "1988-09-19", "male", null) }),
  ];
}

export const chart: Chart = {
  patient: person("patient-1", "Amina Osei", "1984-03-09", "female", "she/her"),
  reason: "Blood pressure follow-up",
  entries: [
    { id: "e1", kind: "allergy", text: "Penicillin: rash and swelling of the lips (2011)", recorded_at: "2019-02-04T10:00:00Z" },
    { id: "e2", kind: "allergy", text: "Latex: contact rash", recorded_at: "2020-06-15T10:00:00Z" },
    { id: "e3", kind: "medication", text: "Lisinopril 10 mg, once a day", recorded_at: "2026-08-20T09:00:00Z" },
    { id: "e4", kind: "medication", text: "Metformin 500 mg, twice a day", recorded_at: "2025-11-02T09:00:00Z" },
    { id: "e5", kind: "condition", text: "Hypertension, stage 1", recorded_at: "2024-03-11T09:00:00Z" },
    { id: "e6", kind: "condition", text: "Type 2 diabetes", recorded_at: "2023-09-01T09:00:00Z" },
    { id: "e7", kind: "note", text: "Home readings around 135/85. Asked to bring the diary next time.", recorded_at: "2026-08-20T09:30:00Z" },
  ],
  previous_visits: [
    { id: "v1", starts_at: "2026-08-20T13:00:00Z", state: "completed", clinician_display_name: "Dr Mina Lee" },
    { id: "v2", starts_at: "2026-05-04T13:30:00Z", state: "no_show", clinician_display_name: "Dr Mina Lee" },
  ],
};

const patientOf = (id: string, display_name: string, date_of_birth: string, email: string | null): Patient => ({
  id,
  version: 1,
  account_id: null,
  display_name,
  date_of_birth,
  sex: "female",
  pronouns: null,
  phone: null,
  email,
  preferred_language: null,
});

export const patients: readonly Patient[] = [
  patientOf("patient-1", "Amina Osei", "1984-03-09", "amina.osei@mail.example"),
  patientOf("patient-5", "Peter Nowak", "1972-10-11", "peter.nowak@mail.example"),
  patientOf("patient-6", "Grace Mbeki", "1966-01-25", null),
];

export const appointment: Appointment = {
  id: "appointment-new",
  version: 1,
  visit_id: "visit-new",
  patient_id: "patient-1",
  provider_id: "provider-lee",
  starts_at: "2026-11-24T15:00:00Z",
  ends_at: "2026-11-24T15:30:00Z",
  status: "scheduled",
  reason: "Blood pressure follow-up",
};

const actor = (who: Account): NonNullable<AuditEvent["actor"]> => ({ account_id: who.id, display_name: who.display_name });

/** The audit log's newest entries, `now` first. */
export function auditAt(now: number): AuditEvent[] {
  const row = (minutes: number, who: Account | null, action: string, resource_type: string, outcome: string, patient_id: string | null): AuditEvent => ({
    id: `audit-${minutes}-${action}`,
    at: new Date(now - minutes * 60_000).toISOString(),
    actor: who === null ? null : actor(who),
    action,
    service: null,
    resource_type,
    resource_id: resource_type === "session" ? null : "0199b2f4-7c1a-7d52-a3f0-5d2c9e8b4417",
    patient_id,
    outcome,
    request_id: `req-${minutes}`,
  });
  return [
    row(0, accounts.clinic_admin, "audit.read", "audit_event", "success", null),
    row(1, accounts.clinician, "chart.read", "visit", "success", "patient-1"),
    row(2, accounts.clinician, "visit.admit", "visit", "success", "patient-1"),
    row(4, accounts.patient, "visit.join", "visit", "denied", "patient-1"),
    row(8, accounts.patient, "consent.give", "consent", "success", "patient-1"),
    row(9, null, "session.create", "session", "denied", null),
  ];
}

/** The two parties of a visit, as its list of people has them. */
export const partiesOf = ({ clinician, patient, state }: Visit): VisitPerson[] => [
  { identity: clinician.account_id, display_name: clinician.display_name, part: "clinician", invitation: null, present: state === "in_progress" },
  { identity: patient.account_id, display_name: patient.display_name, part: "patient", invitation: null, present: state === "in_progress" || state === "admitted" },
];

/** Third parties at every stage. */
export const thirdParties: readonly VisitPerson[] = [
  { identity: "invitation-daughter", display_name: "Amina’s daughter Efua", part: "family", invitation: { id: "invitation-daughter", stage: "knocking", by_link: true }, present: false },
  { identity: "account-okafor", display_name: "Dr Chidi Okafor", part: "second_clinician", invitation: { id: "invitation-okafor", stage: "let_in", by_link: false }, present: true },
  { identity: "invitation-sam", display_name: "Sam Tran", part: "interpreter", invitation: { id: "invitation-sam", stage: "invited", by_link: true }, present: false },
  { identity: "invitation-noisy", display_name: "Night nurse", part: "care_team", invitation: { id: "invitation-noisy", stage: "removed", by_link: true }, present: false },
];

export const colleagues: readonly Colleague[] = [
  { account_id: "account-okafor", display_name: "Dr Chidi Okafor", specialty: "Dermatology" },
  { account_id: "account-ruiz", display_name: "Paula Ruiz", specialty: null },
];

/** A colleague's visit that Dr Lee is invited to. */
export const invitationAt = (now: number): InvitedVisit => ({
  visit_id: "visit-invited",
  invitation_id: "invitation-lee",
  display_name: "Dr Mina Lee",
  part: "second_clinician",
  stage: "let_in",
  clinic_name: clinic.name,
  clinician_name: "Dr Chidi Okafor",
  state: "in_progress",
  starts_at: new Date(now - 300_000).toISOString(),
  window_opens_at: new Date(now - 2_100_000).toISOString(),
  window_closes_at: new Date(now + 4_500_000).toISOString(),
  may_join: true,
});
