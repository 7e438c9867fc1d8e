import { describe, expect, it } from "vitest";
import { ApiError } from "@shared/api/error";
import { patients } from "../../../harness/fixtures";
import { alternativesOf, check, type Draft, movedTo, startOf } from "./slot";

const ZONE = "America/New_York";
const NOW = Date.parse("2026-11-23T15:00:00Z");
const draft: Draft = { patient: patients[0]!, providerId: "provider-lee", date: "2026-11-23", time: "10:15", minutes: 30, reason: "Rash" };

describe("a booking draft", () => {
  it("is sent in UTC, read in the clinic's zone", () => {
    expect(check(draft, ZONE, NOW)).toEqual({});
    expect(startOf(draft, ZONE)).toBe("2026-11-23T15:15:00.000Z");
  });

  it("names every field that is missing", () => {
    const empty: Draft = { patient: null, providerId: null, date: "", time: "", minutes: 30, reason: " " };
    expect(Object.keys(check(empty, ZONE, NOW)).sort()).toEqual(["date", "patient", "providerId", "reason", "time"]);
  });

  it("refuses a visit that would be over already, and takes one that runs now", () => {
    expect(check({ ...draft, time: "09:29" }, ZONE, NOW).time).toContain("passed");
    expect(check({ ...draft, time: "09:45" }, ZONE, NOW)).toEqual({});
  });

  it("refuses an hour that the clinic's clocks skip", () => {
    expect(check({ ...draft, date: "2027-03-14", time: "02:30" }, ZONE, NOW).time).toContain("does not exist");
  });

  it("moves to an offered start in the clinic's zone", () => {
    expect(movedTo(draft, "2026-11-24T14:00:00Z", ZONE)).toMatchObject({ date: "2026-11-24", time: "09:00" });
  });
});

describe("a taken slot", () => {
  it("carries the free starts around it", () => {
    const error = new ApiError("slot_taken", 409, "taken", null, { alternatives: ["2026-11-24T14:00:00Z", 7] });
    expect(alternativesOf(error)).toEqual(["2026-11-24T14:00:00Z"]);
    expect(alternativesOf(new ApiError("slot_taken", 409, "taken"))).toEqual([]);
  });

  it("is not every refusal", () => {
    expect(alternativesOf(new ApiError("forbidden", 403, "no"))).toBeUndefined();
    expect(alternativesOf(new Error("x"))).toBeUndefined();
  });
});
