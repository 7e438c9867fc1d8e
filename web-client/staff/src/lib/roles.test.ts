import { describe, expect, it } from "vitest";
import type { Role } from "@shared/api/types";
import { homeOf, isStaff, placesOf } from "./roles";

const of = (...roles: Role[]) => ({ roles });

describe("where a role starts and what it sees", () => {
  it.each([
    ["clinician", "/today", ["Today", "Patients"]],
    ["coordinator", "/board", ["Board", "Book a visit", "Patients"]],
    ["clinic_admin", "/accounts", ["Board", "Book a visit", "Patients", "Accounts", "Audit log", "Reports"]],
    ["compliance", "/audit", ["Audit log", "Reports", "Emergency access"]],
  ] as const)("%s starts at %s", (role, home, labels) => {
    expect(homeOf(of(role))).toBe(home);
    expect(placesOf(of(role)).map((place) => place.label)).toEqual(labels);
  });

  it("offers a clinician who also coordinates both, and starts with patients", () => {
    expect(homeOf(of("coordinator", "clinician"))).toBe("/today");
    expect(placesOf(of("coordinator", "clinician")).map((place) => place.path)).toEqual(["/today", "/board", "/book", "/patients"]);
  });

  it("knows that a patient is not staff, and that staff may be patients too", () => {
    expect(isStaff(of("patient"))).toBe(false);
    expect(isStaff(of("patient", "coordinator"))).toBe(true);
  });
});
