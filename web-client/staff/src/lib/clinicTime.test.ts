import { describe, expect, it } from "vitest";
import { calendarDate, dayBounds, instantOf, wallTime, zoneCity } from "./clinicTime";

describe("the clinic's wall clock", () => {
  it("reads an instant in the clinic's zone, not the browser's", () => {
    expect(wallTime("2026-07-01T03:30:00Z", "America/New_York")).toEqual({ date: "2026-06-30", time: "23:30" });
    expect(wallTime("2026-07-01T03:30:00Z", "Asia/Kolkata")).toEqual({ date: "2026-07-01", time: "09:00" });
  });

  it("writes back the instant it read, on both sides of a clock change", () => {
    for (const at of ["2026-03-08T04:59:00Z", "2026-03-08T12:00:00Z", "2026-11-01T05:30:00Z", "2026-11-01T08:00:00Z"]) {
      const { date, time } = wallTime(at, "America/New_York");
      expect(instantOf(date, time, "America/New_York")?.toISOString()).toBe(new Date(at).toISOString());
    }
  });

  it("refuses the hour that spring skips", () => {
    expect(instantOf("2026-03-08", "02:30", "America/New_York")).toBeUndefined();
  });

  it("takes the first of the hour that autumn repeats", () => {
    expect(instantOf("2026-11-01", "01:30", "America/New_York")?.toISOString()).toBe("2026-11-01T05:30:00.000Z");
  });

  it("refuses what is not a date", () => {
    expect(instantOf("", "10:00", "Europe/Berlin")).toBeUndefined();
    expect(instantOf("2026-02-30", "10:00", "Europe/Berlin")).toBeUndefined();
  });

  it("bounds the day by the clinic's midnights, 25 hours long in autumn", () => {
    const { from, to } = dayBounds(Date.parse("2026-11-01T12:00:00Z"), "America/New_York");
    expect(from).toBe("2026-11-01T04:00:00.000Z");
    expect(to).toBe("2026-11-02T05:00:00.000Z");
  });

  it("never shifts a date of birth", () => {
    expect(calendarDate("1984-02-29")).toContain("29");
  });

  it("names a zone by its city", () => {
    expect(zoneCity("America/New_York")).toBe("New York");
  });
});
