import { expect, it } from "vitest";
import { endOfDay, standingOf } from "./family";

const now = Date.parse("2026-11-23T12:00:00Z");
const grant = { starts_at: "2026-11-20T12:00:00Z", ends_at: null, revoked_at: null };

it("tells whether a grant counts", () => {
  expect(standingOf(grant, now)).toBe("counts");
  expect(standingOf({ ...grant, starts_at: "2026-11-24T12:00:00Z" }, now)).toBe("later");
  expect(standingOf({ ...grant, ends_at: "2026-11-23T12:00:00Z" }, now)).toBe("over");
  expect(standingOf({ ...grant, ends_at: "2026-12-23T12:00:00Z", revoked_at: "2026-11-21T12:00:00Z" }, now)).toBe("taken_back");
});

it("takes a day to come, and no other", () => {
  expect(Date.parse(endOfDay("2026-12-01", now) ?? "")).toBeGreaterThan(now);
  expect(endOfDay("2026-11-01", now)).toBeUndefined();
  expect(endOfDay("", now)).toBeUndefined();
});
