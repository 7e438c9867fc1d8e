import { describe, expect, it } from "vitest";
import { dayAt } from "../../../harness/fixtures";
import { stageOf } from "../../lib/visit";
import { cliniciansOf, narrow } from "./filter";

const day = dayAt(Date.parse("2026-11-23T15:00:00Z"));

describe("narrowing the board", () => {
  it("offers every clinician of the day with the number who wait for them", () => {
    expect(cliniciansOf(day, (visit) => stageOf(visit) === "waiting")).toEqual([
      { id: "provider-okafor", name: "Dr Chidi Okafor", waiting: 1 },
      { id: "provider-lee", name: "Dr Mina Lee", waiting: 2 },
    ]);
  });

  it("shows all without a choice, and one clinician's visits with it", () => {
    expect(narrow(day, null, "")).toHaveLength(day.length);
    expect(narrow(day, "provider-okafor", "").every((visit) => visit.clinician.id === "provider-okafor")).toBe(true);
  });

  it("finds a name without its accents and capitals", () => {
    expect(narrow(day, null, " fernandez").map((visit) => visit.patient.display_name)).toEqual(["Rosa Delgado-Fernández"]);
    expect(narrow(day, "provider-okafor", "fernandez")).toEqual([]);
  });
});
