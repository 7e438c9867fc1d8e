import { describe, expect, it } from "vitest";
import type { VisitState } from "@shared/api/types";
import { visitOf } from "../../../harness/fixtures";
import { announce, arrivalsBetween } from "./arrivals";

const visit = (id: string, state: VisitState, name = id) => visitOf({ id, state, patient: { ...visitOf().patient, display_name: name } });
const ids = (visits: readonly { id: string }[]) => visits.map(({ id }) => id);

describe("who has arrived", () => {
  it("is nobody on the first look: a reload must not ring", () => {
    expect(arrivalsBetween(undefined, [visit("a", "ready")])).toEqual([]);
  });

  it("is whoever moved from expected to waiting, or was booked and waits at once", () => {
    const before = [visit("a", "scheduled"), visit("b", "ready")];
    const after = [visit("a", "checked_in"), visit("b", "ready"), visit("c", "checked_in")];
    expect(ids(arrivalsBetween(before, after))).toEqual(["a", "c"]);
  });

  it("rings once: getting ready is not arriving again", () => {
    expect(arrivalsBetween([visit("a", "checked_in")], [visit("a", "ready")])).toEqual([]);
  });

  it("does not ring for a patient sent back to wait", () => {
    expect(arrivalsBetween([visit("a", "in_progress")], [visit("a", "ready")])).toEqual([]);
  });

  it("is told by name", () => {
    expect(announce([])).toBe("");
    expect(announce([visit("a", "ready", "Amina")])).toBe("Amina has checked in.");
    expect(announce([visit("a", "ready", "Amina"), visit("b", "ready", "Jonas")])).toBe("Amina and Jonas have checked in.");
  });
});
