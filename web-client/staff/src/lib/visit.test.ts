import { describe, expect, it } from "vitest";
import type { VisitState } from "@shared/api/types";
import { visitOf } from "../../harness/fixtures";
import { ageAt, byStage, formatMinutes, isLongWait, LONG_WAIT_MINUTES, statusOf, waitedMinutes } from "./visit";

const START = Date.parse("2026-11-23T15:00:00Z");
const MINUTE = 60_000;
const at = (minutes: number): string => new Date(START + minutes * MINUTE).toISOString();
const visit = (state: VisitState, checkedIn: number | null = null, start = 0) =>
  visitOf({ state, starts_at: at(start), checked_in_at: checkedIn === null ? null : at(checkedIn) });

describe("the status shown for a visit", () => {
  it("is calm before the start and amber once the patient is missing", () => {
    expect(statusOf(visit("scheduled"), START - 1)).toMatchObject({ tone: "calm", word: "Expected" });
    expect(statusOf(visit("scheduled"), START)).toMatchObject({ tone: "waiting", word: "Not here yet" });
  });

  it("is amber while checked in and green once ready", () => {
    expect(statusOf(visit("checked_in", -5), START)).toMatchObject({ tone: "waiting", word: "Checked in" });
    expect(statusOf(visit("ready", -5), START)).toMatchObject({ tone: "ready", word: "Ready" });
  });

  it("turns red after a long wait, counted from the start when the patient came early", () => {
    const early = visit("ready", -25);
    expect(isLongWait(early, START + (LONG_WAIT_MINUTES - 1) * MINUTE)).toBe(false);
    expect(statusOf(early, START + LONG_WAIT_MINUTES * MINUTE)).toMatchObject({ tone: "urgent", word: "Long wait" });
  });

  it("counts from check-in when the patient came late", () => {
    const late = visit("checked_in", 20);
    expect(isLongWait(late, START + 30 * MINUTE)).toBe(false);
    expect(isLongWait(late, START + 35 * MINUTE)).toBe(true);
  });

  it("never calls a wait long once the patient is with somebody", () => {
    expect(statusOf(visit("in_progress", -5), START + 60 * MINUTE)).toMatchObject({ tone: "live", word: "In visit" });
  });

  it("has a word and an icon for every state", () => {
    const states: VisitState[] = ["scheduled", "checked_in", "ready", "admitted", "in_progress", "completed", "cancelled", "no_show"];
    const seen = states.map((state) => statusOf(visit(state, -1), START + 1));
    expect(new Set(seen.map((status) => status.word)).size).toBe(states.length);
    expect(new Set(seen.map((status) => status.icon)).size).toBe(states.length);
  });
});

describe("waiting time", () => {
  it("counts whole minutes since check-in, only while waiting", () => {
    expect(waitedMinutes(visit("ready", 0), START + 3.9 * MINUTE)).toBe(3);
    expect(waitedMinutes(visit("in_progress", 0), START + 3 * MINUTE)).toBeUndefined();
    expect(waitedMinutes(visit("scheduled"), START)).toBeUndefined();
  });

  it("never goes below zero when clocks disagree", () => {
    expect(waitedMinutes(visit("ready", 1), START)).toBe(0);
  });

  it.each([
    [0, "under 1 min"],
    [1, "1 min"],
    [59, "59 min"],
    [65, "1 h 05 min"],
  ])("%i minutes are told as %s", (minutes, text) => expect(formatMinutes(minutes)).toBe(text));
});

describe("the day in groups", () => {
  it("puts who waits longest first and the rest in order of start", () => {
    const groups = byStage([
      visit("scheduled", null, 60),
      visit("ready", -2),
      visit("scheduled", null, 30),
      visit("checked_in", -9),
      visit("completed", -60),
    ]);
    expect(groups.waiting.map((v) => v.checked_in_at)).toEqual([at(-9), at(-2)]);
    expect(groups.expected.map((v) => v.starts_at)).toEqual([at(30), at(60)]);
    expect(groups.finished).toHaveLength(1);
    expect(groups.with_clinician).toHaveLength(0);
  });
});

describe("age", () => {
  it("changes on the birthday, not before", () => {
    expect(ageAt("1984-11-24", new Date(2026, 10, 23, 12).getTime())).toBe(41);
    expect(ageAt("1984-11-23", new Date(2026, 10, 23, 12).getTime())).toBe(42);
  });
});
