import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Ladder } from "./ladder";

let ladder: Ladder;
const step = () => ladder.step.get();

beforeEach(() => {
  vi.useFakeTimers();
  ladder = new Ladder();
});
afterEach(() => {
  ladder.dispose();
  vi.useRealTimers();
});

test("trouble is told at once, its end only when it stays away", () => {
  ladder.see("weak");
  expect(step()).toBe("weak");
  ladder.see("none");
  vi.advanceTimersByTime(4_000);
  ladder.see("weak");
  vi.advanceTimersByTime(60_000);
  expect(step()).toBe("weak");
  ladder.see("none");
  vi.advanceTimersByTime(5_000);
  expect(step()).toBe("fine");
});

test("only severe trouble that stays leads to the phone", () => {
  ladder.see("severe");
  vi.advanceTimersByTime(19_000);
  expect(step()).toBe("weak");
  vi.advanceTimersByTime(1_000);
  expect(step()).toBe("phone");
});

test("a moment of less does not begin the waiting anew", () => {
  ladder.see("severe");
  vi.advanceTimersByTime(15_000);
  ladder.see("weak");
  vi.advanceTimersByTime(3_000);
  ladder.see("severe");
  vi.advanceTimersByTime(2_000);
  expect(step()).toBe("phone");
});

test("it climbs back by itself, step by step or at once", () => {
  ladder.see("severe");
  vi.advanceTimersByTime(20_000);
  ladder.see("weak");
  vi.advanceTimersByTime(5_000);
  expect(step()).toBe("weak");
  ladder.see("severe");
  vi.advanceTimersByTime(20_000);
  expect(step()).toBe("phone");
  ladder.see("none");
  vi.advanceTimersByTime(5_000);
  expect(step()).toBe("fine");
});

test("nothing ticks when the call is over", () => {
  ladder.see("severe");
  ladder.see("none");
  ladder.dispose();
  expect(vi.getTimerCount()).toBe(0);
});
