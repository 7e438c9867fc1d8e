import { expect, it } from "vitest";
import { actorOf, dueWords, isReady, REPORTS } from "./reports";

it("offers seven reports, two of which need to know about whom", () => {
  expect(new Set(REPORTS.map(({ kind }) => kind)).size).toBe(7);
  expect(isReady("patient", undefined, "b")).toBe(false);
  expect(isReady("person", "a", "b")).toBe(true);
  expect(isReady(undefined, undefined, undefined)).toBe(true);
});

it("names who acted", () => {
  expect(actorOf({ actor_name: "Mina Lee", service: null })).toBe("Mina Lee");
  expect(actorOf({ actor_name: null, service: "core-api" })).toBe("Server (core-api)");
  expect(actorOf({ actor_name: null, service: null })).toBe("Not signed in");
});

it("tells how long a review may still take", () => {
  const started = "2026-11-20T12:00:00Z";
  const at = (time: string): number => Date.parse(time);
  expect(dueWords(started, at("2026-11-20T12:00:00Z"))).toEqual({ text: "due in 72 h", late: false });
  expect(dueWords(started, at("2026-11-23T09:00:00Z"))).toEqual({ text: "due in 3 h", late: true });
  expect(dueWords(started, at("2026-11-23T14:00:00Z"))).toEqual({ text: "2 h overdue", late: true });
});
