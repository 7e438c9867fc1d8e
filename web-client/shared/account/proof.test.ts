import { describe, expect, it } from "vitest";
import { ApiError } from "@shared/api/error";
import { isAttemptOver, proofOf, secondFactorOf, waitWords } from "./proof";

describe("what is typed beside the password", () => {
  it("is a code however it was grouped or pasted", () => {
    expect(proofOf("totp", " 123 456\n")).toEqual({ method: "totp", code: "123456" });
    expect(proofOf("totp", "123-456")).toEqual({ method: "totp", code: "123456" });
    expect(proofOf("recovery_code", "ABCD efgh-jkmn pqrs tuvw xyz0")).toEqual({ method: "recovery_code", code: "abcdefghjkmnpqrstuvwxyz0" });
  });

  it("is nothing while it is too short, too long or no number", () => {
    expect(proofOf("totp", "12345")).toBeUndefined();
    expect(proofOf("totp", "1234567")).toBeUndefined();
    expect(proofOf("totp", "12345a")).toBeUndefined();
    expect(proofOf("recovery_code", "abcd-efgh")).toBeUndefined();
  });
});

describe("how a sign-in goes on", () => {
  const next = { attempt: "a", methods: ["totp"], expires_at: "2026-11-23T12:00:00Z" };

  it("is told by the refusal of the password's step alone", () => {
    expect(secondFactorOf(new ApiError("second_factor_required", 401, "", null, { second_factor: next }))).toEqual(next);
    expect(secondFactorOf(new ApiError("invalid_credentials", 401, "", null, { second_factor: next }))).toBeUndefined();
    expect(secondFactorOf(new Error("else"))).toBeUndefined();
  });

  it("begins anew once the attempt is over", () => {
    expect(isAttemptOver(new ApiError("unauthenticated", 401, ""))).toBe(true);
    expect(isAttemptOver(new ApiError("invalid_code", 422, ""))).toBe(false);
  });
});

it("tells a wait in words, never shorter than it is", () => {
  expect([1, 40, 60, 61, 900].map(waitWords)).toEqual(["1 second", "40 seconds", "1 minute", "2 minutes", "15 minutes"]);
});
