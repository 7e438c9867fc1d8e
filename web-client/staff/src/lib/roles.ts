import type { Account, Role } from "@shared/api/types";

/** A page of the staff app that the navigation offers. */
export interface Place {
  readonly path: string;
  readonly label: string;
  readonly roles: readonly Role[];
}

/** In the order of the navigation. */
export const PLACES: readonly Place[] = [
  { path: "/today", label: "Today", roles: ["clinician"] },
  { path: "/board", label: "Board", roles: ["coordinator", "clinic_admin"] },
  { path: "/book", label: "Book a visit", roles: ["coordinator", "clinic_admin"] },
  { path: "/patients", label: "Patients", roles: ["clinician", "coordinator", "clinic_admin"] },
  { path: "/accounts", label: "Accounts", roles: ["clinic_admin", "super_admin"] },
  { path: "/audit", label: "Audit log", roles: ["clinic_admin", "compliance", "super_admin"] },
  { path: "/reports", label: "Reports", roles: ["clinic_admin", "compliance", "super_admin"] },
  { path: "/reviews", label: "Emergency access", roles: ["compliance"] },
];

export const ROLE_NAME: Record<Role, string> = {
  patient: "Patient",
  clinician: "Clinician",
  coordinator: "Coordinator",
  clinic_admin: "Clinic admin",
  compliance: "Compliance officer",
  family_member: "Family member",
  super_admin: "Super admin",
};

/** Whether the account works here, rather than only being cared for. */
export function isStaff(account: Pick<Account, "roles">): boolean {
  return account.roles.some((role) => role !== "patient" && role !== "family_member");
}

/** Whether the account may look patients up by name (compliance reads the log, not the register). */
export function maySearchPatients(account: Pick<Account, "roles">): boolean {
  return account.roles.includes("coordinator") || account.roles.includes("clinic_admin");
}

/** Whether the account may open a record without a care relationship, for an hour and on record. */
export const mayBreakGlass = (account: Pick<Account, "roles">): boolean => account.roles.includes("clinician");

/** Whether the account names care-team members. */
export const mayEditCareTeam = maySearchPatients;

/** Whether the account gives family members access, on documents. */
export const mayGrantProxies = (account: Pick<Account, "roles">): boolean => account.roles.includes("coordinator");

export function placesOf(account: Pick<Account, "roles">): readonly Place[] {
  return PLACES.filter((place) => place.roles.some((role) => account.roles.includes(role)));
}

/** Where a person starts; an admin starts with the accounts, their own work, not with the board. */
export function homeOf(account: Pick<Account, "roles">): string {
  const { roles } = account;
  if (roles.includes("clinician")) return "/today";
  if (roles.includes("coordinator")) return "/board";
  return roles.includes("clinic_admin") || roles.includes("super_admin") ? "/accounts" : "/audit";
}
