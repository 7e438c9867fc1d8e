import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Arrivals } from "./arrivals";
import type { Phase } from "./connection";
import type { Member } from "./members";

const up: Phase = { name: "connected" };
const named = () => false;
const member = (identity: string, name: string): Member => ({
  identity,
  name,
  speaking: false,
  quality: "good",
  microphoneOn: true,
  camera: undefined,
  screen: undefined,
  pictureHeld: false,
});
const doctor = member("dr", "Mina Lee");
const daughter = member("guest", "Amina’s daughter");

let arrivals: Arrivals;
const texts = () => arrivals.list.get().map(({ text }) => text);

beforeEach(() => {
  vi.useFakeTimers();
  arrivals = new Arrivals(["dr", "patient"]);
});
afterEach(() => {
  arrivals.dispose();
  vi.useRealTimers();
});

test("a guest who joins and leaves is announced for a while; who was here before is not", () => {
  arrivals.see(up, [doctor], named);
  expect(texts()).toEqual([]);
  arrivals.see(up, [doctor, daughter], named);
  expect(texts()).toEqual(["Amina’s daughter joined"]);
  vi.advanceTimersByTime(7_000);
  expect(texts()).toEqual([]);
  arrivals.see(up, [doctor], named);
  expect(texts()).toEqual(["Amina’s daughter left"]);
});

test("the one other party is what everybody waits for, and is announced only among several", () => {
  arrivals.see(up, [], named);
  arrivals.see(up, [doctor], named);
  expect(texts()).toEqual([]);
  arrivals.see(up, [doctor, daughter], named);
  arrivals.see(up, [daughter], named);
  expect(texts()).toEqual(["Amina’s daughter joined", "Mina Lee left"]);
});

test("a lost connection makes nobody come or go", () => {
  arrivals.see(up, [doctor, daughter], named);
  arrivals.see({ name: "reconnecting" }, [], named);
  arrivals.see(up, [doctor, daughter], named);
  expect(texts()).toEqual([]);
});

test("who has no name yet is announced when it is there, and of many the newest are shown", () => {
  arrivals.see(up, [], named);
  arrivals.see(up, [member("guest", "Guest")], () => true);
  expect(texts()).toEqual([]);
  arrivals.see(up, [daughter], named);
  expect(texts()).toEqual(["Amina’s daughter joined"]);
  arrivals.see(up, [daughter, ...["A", "B", "C", "D"].map((name) => member(name, name))], named);
  expect(texts()).toEqual(["B joined", "C joined", "D joined"]);
});
