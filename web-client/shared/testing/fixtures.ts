import type { Account, ConsentDocument, InvitedVisit, Session, Visit } from "@shared/api/types";

const MINUTE = 60_000;

/** An instant `minutes` from `now`, RFC 3339. */
export const inMinutes = (minutes: number, now = Date.now()): string => new Date(now + minutes * MINUTE).toISOString();

export const clinic = { id: "0193a000-0000-7000-8000-0000000000c1", name: "Harbour Street Clinic", time_zone: "America/Vancouver" };

export const patientAccount: Account = {
  id: "0193a000-0000-7000-8000-0000000000a1",
  email: "amira@example.com",
  display_name: "Amira Haddad",
  roles: ["patient"],
  clinic,
  patient_id: "0193a000-0000-7000-8000-0000000000b1",
  provider_id: null,
};

export const doctorAccountId = "0193a000-0000-7000-8000-0000000000a2";

export const session = (account: Account = patientAccount): Session => ({
  account,
  session_id: "0193a000-0000-7000-8000-0000000000d1",
  expires_at: inMinutes(600),
  idle_expires_at: inMinutes(60),
});

let made = 0;

/** A visit that starts in `startsIn` minutes; state and the rest as given. */
export function visit(change: Partial<Visit> = {}, startsIn = 10): Visit {
  made += 1;
  const id = `0193a000-0000-7000-8000-${String(made).padStart(12, "0")}`;
  const opensIn = startsIn - 30;
  const state = change.state ?? "scheduled";
  const canCheckIn = state === "scheduled" && opensIn <= 0;
  return {
    id,
    version: 1,
    state,
    clinic_id: clinic.id,
    appointment_id: id,
    starts_at: inMinutes(startsIn),
    ends_at: inMinutes(startsIn + 20),
    window_opens_at: inMinutes(opensIn),
    window_closes_at: inMinutes(startsIn + 80),
    reason: "Follow-up on blood pressure",
    visit_type: "video",
    patient: {
      id: patientAccount.patient_id ?? "",
      account_id: patientAccount.id,
      display_name: patientAccount.display_name,
      date_of_birth: "1984-03-12",
      sex: "female",
      pronouns: "she/her",
    },
    clinician: {
      id: "0193a000-0000-7000-8000-0000000000e1",
      account_id: doctorAccountId,
      display_name: "Dr. Ama Osei",
      specialty: "Family medicine",
    },
    checked_in_at: null,
    ready_at: null,
    admitted_at: null,
    admitted_by: null,
    started_at: null,
    ended_at: null,
    conversation_id: id,
    consent_telehealth: false,
    device_check: null,
    queue: null,
    media: [],
    actions: canCheckIn ? ["check_in"] : [],
    ...change,
  };
}

export const consentDocument: ConsentDocument = {
  id: "0193a000-0000-7000-8000-0000000000f1",
  kind: "telehealth",
  version: 3,
  title: "Consent to a visit by video",
  body_markdown: `A visit by video is a **real medical visit**. Please read what is different from a visit in the clinic.

## What happens

- You and your clinician see and hear each other over the internet.
- Sound, picture and messages are encrypted on their way.
- The visit is *not* recorded.

## What to consider

- Your clinician cannot examine you by hand and may ask you to come in.
- The connection can fail. You can then join again, or the clinic calls you.
- A video visit is not for emergencies. Call your local emergency number instead.

You can say no. Your care does not depend on it: you can be seen in person instead.`,
  effective_at: "2026-09-01T00:00:00Z",
};

/** What a guest's link leads to. */
export const invitation = (change: Partial<InvitedVisit> = {}): InvitedVisit => ({
  visit_id: "0193a000-0000-7000-8000-0000000000aa",
  invitation_id: "0193a000-0000-7000-8000-0000000000ab",
  display_name: "Amira’s daughter",
  part: "family",
  stage: "invited",
  clinic_name: clinic.name,
  clinician_name: "Dr. Ama Osei",
  state: "ready",
  starts_at: inMinutes(5),
  window_opens_at: inMinutes(-25),
  window_closes_at: inMinutes(85),
  may_join: false,
  ...change,
});
