import { expect, test } from "vitest";
import { visit } from "@shared/testing/fixtures";
import { flowStep } from "./flow";

const now = new Date();
const step = (change: Parameters<typeof visit>[0], checked = false, startsIn = 10): string =>
  flowStep(visit(change, startsIn), { checked }, now);

test("preparation goes check, consent, check-in", () => {
  expect(step({})).toBe("prepare");
  expect(step({}, true)).toBe("consent");
  expect(step({ consent_telehealth: true }, true)).toBe("check_in");
});

test("somebody checked in by the front desk still prepares", () => {
  expect(step({ state: "checked_in" })).toBe("prepare");
  expect(step({ state: "checked_in", consent_telehealth: true }, true)).toBe("check_in");
});

test("waiting needs nothing of this tab, so a refresh or another device keeps the place", () => {
  expect(step({ state: "ready", consent_telehealth: true })).toBe("waiting");
});

test.each(["admitted", "in_progress"] as const)("%s leads in, but never past a missing consent", (state) => {
  expect(step({ state, consent_telehealth: true })).toBe("join");
  expect(step({ state, consent_telehealth: false })).toBe("consent");
});

test("ends are told apart", () => {
  expect(step({ state: "completed" })).toBe("finished");
  expect(step({ state: "cancelled" })).toBe("cancelled");
  expect(step({ state: "no_show" })).toBe("missed");
  expect(step({}, false, -600)).toBe("too_late");
});

test("a visit that runs over its window stays open", () => {
  expect(step({ state: "in_progress", consent_telehealth: true }, false, -600)).toBe("join");
});
