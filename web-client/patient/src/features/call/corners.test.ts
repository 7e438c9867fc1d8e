import { expect, test } from "vitest";
import { type Corner, cornerByKey, nearestCorner, nextCorner } from "./corners";

test("taps go once around and come back", () => {
  const seen: Corner[] = ["bottom-right"];
  while (seen.length < 5) seen.push(nextCorner(seen[seen.length - 1] ?? "bottom-right"));
  expect(new Set(seen).size).toBe(4);
  expect(seen[4]).toBe("bottom-right");
});

test.each([
  ["ArrowLeft", "bottom-left"],
  ["ArrowUp", "top-right"],
  ["ArrowRight", "bottom-right"],
  ["Tab", "bottom-right"],
])("%s from the bottom right leads to %s", (key, corner) => {
  expect(cornerByKey("bottom-right", key)).toBe(corner);
});

test.each([
  [110, 60, "top-left"],
  [290, 60, "top-right"],
  [110, 240, "bottom-left"],
  [290, 240, "bottom-right"],
])("let go at %i, %i it settles %s", (x, y, corner) => {
  expect(nearestCorner(x, y, { left: 100, top: 50, width: 200, height: 200 })).toBe(corner);
});
