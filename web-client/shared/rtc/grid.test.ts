import { expect, test } from "vitest";
import { gridOf } from "./grid";

/** Rows and columns a flex container of these tiles makes. */
function shape(count: number, area: { width: number; height: number }): [number, number] {
  const tile = gridOf(count, area, 8);
  const columns = Math.floor((area.width + 8) / (tile.width + 8));
  return [columns, Math.ceil(count / columns)];
}

test("twelve are four by three on a desktop and three by four on a phone", () => {
  expect(shape(12, { width: 1400, height: 760 })).toEqual([4, 3]);
  expect(shape(12, { width: 374, height: 640 })).toEqual([3, 4]);
});

test("all fit, at every size and number", () => {
  for (const area of [{ width: 1400, height: 760 }, { width: 374, height: 560 }, { width: 690, height: 600 }, { width: 640, height: 200 }]) {
    for (let count = 1; count <= 12; count += 1) {
      const [columns, rows] = shape(count, area);
      const tile = gridOf(count, area, 8);
      expect(columns * (tile.width + 8) - 8).toBeLessThanOrEqual(area.width);
      expect(rows * (tile.height + 8) - 8).toBeLessThanOrEqual(area.height);
      expect(tile.width / tile.height).toBeLessThan(1.79);
      expect(tile.width / tile.height).toBeGreaterThan(0.74);
    }
  }
});

test("an area that was not measured yet has no tiles", () => {
  expect(gridOf(5, { width: 0, height: 0 }, 8)).toEqual({ width: 0, height: 0 });
});
