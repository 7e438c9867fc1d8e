import { beforeEach, expect, test, vi } from "vitest";
import { day, sentence, timeOfDay, visitTime } from "./format";

beforeEach(() => {
  vi.stubGlobal("navigator", { ...navigator, language: "en-US" });
});

// Zones without a recent change of rules, because Node's zone data is older than the browser's.
const now = new Date("2026-11-23T15:00:00Z");
const plain = (text: string | undefined): string | undefined => text?.replaceAll("\u202f", " ");

test("days are told the way people say them, in the reader's zone", () => {
  expect(day("2026-11-23T23:00:00Z", now, "Europe/Berlin")).toBe("Tomorrow");
  expect(day("2026-11-23T22:00:00Z", now, "Europe/Berlin")).toBe("Today");
  expect(day("2026-11-26T10:00:00Z", now, "Europe/Berlin")).toBe("Thursday, November 26");
  expect(day("2027-01-14T10:00:00Z", now, "Europe/Berlin")).toBe("Thursday, January 14, 2027");
});

test("one clock for both is told once", () => {
  expect(visitTime("2026-11-23T17:30:00Z", "Europe/Berlin", now, "Europe/Paris").atClinic).toBeUndefined();
});

test("another clock at the clinic is told with its city", () => {
  const when = visitTime("2026-11-23T17:30:00Z", "America/New_York", now, "Europe/Berlin");
  expect(plain(when.time)).toBe("6:30 PM");
  expect(plain(when.atClinic)).toBe("12:30 PM in New York, where your clinic is");
});

test("another day at the clinic is told with its weekday", () => {
  const when = visitTime("2026-11-23T23:30:00Z", "America/New_York", now, "Europe/Berlin");
  expect(when.day).toBe("Tomorrow");
  expect(plain(when.atClinic)).toBe("Monday 6:30 PM in New York, where your clinic is");
});

test("a sentence ends with one dot", () => {
  expect(sentence("until 9 p.m.")).toBe("until 9 p.m.");
  expect(sentence("until 21:00")).toBe("until 21:00.");
  expect(plain(timeOfDay("2026-11-23T17:30:00Z", "UTC"))).toBe("5:30 PM");
});
