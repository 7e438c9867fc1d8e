import { describe, expect, it } from "vitest";
import { ApiError } from "@shared/api/error";
import { check, MIN_PASSWORD, refusedField } from "./draft";

const draft = { display_name: "Dr Mina Lee", email: "mina@clinic.example", password: "x".repeat(MIN_PASSWORD), roles: ["clinician"] as const };

describe("a new account", () => {
  it("is complete with a name, an address, a long password and a role", () => {
    expect(check(draft)).toEqual({});
    expect(Object.keys(check({ display_name: " ", email: "mina", password: "short", roles: [] })).sort()).toEqual([
      "display_name",
      "email",
      "password",
      "roles",
    ]);
  });

  it("shows a refusal at the field it is about", () => {
    expect(refusedField(new ApiError("email_taken", 409, "taken"))).toHaveProperty("email");
    expect(refusedField(new ApiError("invalid_field", 422, "too common", null, { field: "password" }))).toEqual({ password: "too common" });
    expect(refusedField(new ApiError("forbidden", 403, "no"))).toEqual({});
  });
});
