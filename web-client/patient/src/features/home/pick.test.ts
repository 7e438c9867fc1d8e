import { expect, test } from "vitest";
import { visit } from "@shared/testing/fixtures";
import { pickVisits } from "./pick";

const now = new Date();

test("the soonest visit comes first, the others after it", () => {
  const [soon, late] = [visit({}, 30), visit({}, 600)];
  expect(pickVisits([late, soon], now)).toEqual({ next: soon, later: [late] });
});

test("a visit that is going on comes before an earlier one that is not", () => {
  const [waiting, live] = [visit({ state: "ready" }, 5), visit({ state: "in_progress" }, 60)];
  expect(pickVisits([waiting, live], now).next).toBe(live);
});

test("what is over or was missed is not offered", () => {
  const over = [visit({ state: "completed" }), visit({ state: "cancelled" }), visit({ state: "no_show" }), visit({}, -600)];
  expect(pickVisits(over, now)).toEqual({ next: undefined, later: [] });
});

test("a visit that overruns is never lost from view", () => {
  const overrun = visit({ state: "in_progress" }, -600);
  expect(pickVisits([overrun], now).next).toBe(overrun);
});
