import { expect, test } from "vitest";
import { placeOf } from "./place";

const queue = (ahead: number, low: number, high: number) => ({ ahead, estimated_minutes: { low, high } });

test.each([
  [queue(2, 10, 15), "2 people before you", "about 10–15 min"],
  [queue(1, 5, 5), "1 person before you", "about 5 min"],
  [queue(0, 0, 5), "You are next", "about 0–5 min"],
  [queue(0, 0, 0), "You are next", "It will not be long."],
  [null, "You are in line", "We are looking up your place."],
])("%o", (place, headline, estimate) => {
  expect(placeOf(place)).toEqual({ headline, estimate });
});
