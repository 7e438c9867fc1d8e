import { afterEach, expect, it } from "vitest";
import { Presence, watchHands } from "./presence";

let now = 0;
const presence = (): Presence => new Presence(() => now);
afterEach(() => {
  now = 0;
});

it("is attended for a moment after the page was opened or touched, and not later", () => {
  const one = presence();
  expect(one.attended).toBe(true);
  now = 10_000;
  expect(one.attended).toBe(false);
  one.touch();
  now = 19_999;
  expect(one.attended).toBe(true);
  now = 20_000;
  expect(one.attended).toBe(false);
});

it("is attended for as long as anything holds it", () => {
  const one = presence();
  now = 3_600_000;
  const letGo = [one.hold(), one.hold()];
  letGo[0]?.();
  letGo[0]?.();
  expect(one.attended).toBe(true);
  letGo[1]?.();
  expect([one.held, one.attended]).toEqual([false, false]);
});

it("hears keys and pointers until it is told to stop", () => {
  const one = presence();
  const page = new EventTarget();
  let touches = 0;
  one.onTouch(() => {
    touches += 1;
  });
  const stop = watchHands(one, page);
  page.dispatchEvent(new Event("keydown"));
  page.dispatchEvent(new Event("pointerdown"));
  page.dispatchEvent(new Event("mousemove"));
  stop();
  page.dispatchEvent(new Event("keydown"));
  expect(touches).toBe(2);
});
