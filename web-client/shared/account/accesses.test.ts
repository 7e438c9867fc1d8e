import { describe, expect, it } from "vitest";
import type { AccessEvent } from "@shared/api/types";
import { accessLines } from "./accesses";

const event = (change: Partial<AccessEvent>): AccessEvent => ({
  at: "2026-11-23T10:00:00Z",
  who: "Dr Mina Lee",
  roles: ["clinician"],
  what: "read your medical record",
  emergency: false,
  refused: false,
  ...change,
});

describe("who looked at a record", () => {
  it("tells equal neighbours of a day once, with their number and the latest time", () => {
    const lines = accessLines([event({}), event({ at: "2026-11-23T09:59:00Z" }), event({ at: "2026-11-22T23:00:00Z" })], "Amina");
    expect(lines.map(({ times, at }) => [times, at])).toEqual([
      [2, "2026-11-23T10:00:00Z"],
      [1, "2026-11-22T23:00:00Z"],
    ]);
  });

  it("keeps what differs apart: person, deed, emergency, refusal", () => {
    const differing = [event({}), event({ who: "Paula Ruiz" }), event({ what: "read your visit" }), event({ emergency: true }), event({ refused: true })];
    expect(accessLines(differing, "Amina")).toHaveLength(5);
  });

  it("names the patient’s own acts and not those of a namesake at the clinic", () => {
    const [own, namesake, server] = accessLines(
      [event({ who: "Amina Osei", roles: ["patient"] }), event({ who: "Amina Osei" }), event({ who: null, roles: [] })],
      "Amina Osei",
    );
    expect([own?.who, own?.own]).toEqual(["You", true]);
    expect([namesake?.who, namesake?.own, namesake?.part]).toEqual(["Amina Osei", false, "clinician"]);
    expect(server?.who).toBe("The clinic’s computer");
  });
});
