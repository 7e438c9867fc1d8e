import type { components } from "./generated/openapi";

type Schema = components["schemas"];

/** Names for the API's shapes, so that no other file reaches into the generated one. */
export type Account = Schema["Account"];
export type Appointment = Schema["Appointment"];
export type AuditEvent = Schema["AuditEvent"];
export type Chart = Schema["Chart"];
export type Clinic = Schema["Clinic"];
export type Consent = Schema["Consent"];
export type ConsentDocument = Schema["ConsentDocument"];
export type DeviceCheck = Schema["DeviceCheck"];
export type DeviceResult = Schema["DeviceResult"];
export type Colleague = Schema["Colleague"];
export type InvitationMade = Schema["InvitationMade"];
export type InvitedVisit = Schema["InvitedVisit"];
export type JoinAnswer = Schema["JoinAnswer"];
export type Part = Schema["Part"];
export type Patient = Schema["Patient"];
export type Provider = Schema["Provider"];
export type Queue = Schema["Queue"];
export type Role = Schema["Role"];
export type Session = Schema["Session"];
export type Visit = Schema["Visit"];
export type VisitAction = Schema["VisitAction"];
export type VisitPart = Schema["VisitPart"];
export type VisitPeople = Schema["VisitPeople"];
export type VisitPerson = Schema["VisitPerson"];
export type VisitState = Schema["VisitState"];
export type WaitingRoom = Schema["WaitingRoom"];
