import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Sample, Smoothness } from "./smoothness";

let smoothness: Smoothness;
let frames = 0;
let picture: Omit<Sample, "frames"> = { height: 180, shown: 720 };
const jerky = () => [...smoothness.jerky.get()];

/** Lets time pass with this many pictures a second. */
async function pass(seconds: number, rate: number): Promise<void> {
  for (let at = 0; at < seconds; at += 2) {
    frames += rate * 2;
    await vi.advanceTimersByTimeAsync(2_000);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  [frames, picture] = [0, { height: 180, shown: 720 }];
  smoothness = new Smoothness();
  smoothness.watch([{ id: "dr", sample: () => Promise.resolve({ frames, ...picture }) }]);
});
afterEach(() => {
  smoothness.dispose();
  vi.useRealTimers();
});

test("fewer pictures of a small one are told after a moment, and their end after a calm while", async () => {
  await pass(8, 30);
  expect(jerky()).toEqual([]);
  await pass(2, 15);
  expect(jerky()).toEqual([]);
  await pass(2, 15);
  expect(jerky()).toEqual(["dr"]);
  await pass(4, 30);
  expect(jerky()).toEqual(["dr"]);
  await pass(2, 30);
  expect(jerky()).toEqual([]);
});

test("a camera in the dark keeps its size and is not told of", async () => {
  picture = { height: 720, shown: 720 };
  await pass(8, 30);
  await pass(8, 12);
  expect(jerky()).toEqual([]);
});

test("a small place asks for no large picture, and one that stands still is paused", async () => {
  picture = { height: 180, shown: 190 };
  await pass(8, 30);
  await pass(8, 12);
  expect(jerky()).toEqual([]);
  picture = { height: 180, shown: 720 };
  await pass(8, 0);
  expect(jerky()).toEqual([]);
});

test("with nothing to watch no timer runs", () => {
  expect(vi.getTimerCount()).toBe(1);
  smoothness.watch([]);
  expect(vi.getTimerCount()).toBe(0);
});
