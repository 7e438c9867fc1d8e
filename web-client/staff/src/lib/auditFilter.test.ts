import { describe, expect, it } from "vitest";
import { actionWords, filterOf, isHalfId, isRefusal, patientIdOf, whoOf } from "./auditFilter";

describe("the audit filter", () => {
  it("covers whole clinic days, the last one included", () => {
    expect(filterOf("p1", "2026-11-23", "2026-11-23", "America/New_York")).toEqual({
      patient_id: "p1",
      from: "2026-11-23T05:00:00.000Z",
      to: "2026-11-24T05:00:00.000Z",
    });
  });

  it("leaves out what is not chosen", () => {
    expect(filterOf(undefined, "", "", "America/New_York")).toEqual({});
  });
});

describe("a typed patient id", () => {
  it("narrows only once it is whole", () => {
    const id = "01890a5d-ac96-774b-bcce-b302099a8057";
    expect([patientIdOf(` ${id.toUpperCase()} `), isHalfId(id)]).toEqual([id, false]);
    expect([patientIdOf(id.slice(0, 20)), isHalfId(id.slice(0, 20))]).toEqual([undefined, true]);
    expect([patientIdOf(""), isHalfId(" ")]).toEqual([undefined, false]);
  });
});

describe("an entry", () => {
  it("names who acted, the server included", () => {
    const actor = { account_id: "a1", display_name: "Mina Lee" };
    expect(whoOf({ actor, service: null })).toBe("Mina Lee");
    expect(whoOf({ actor: null, service: "signaling" })).toBe("Server (signaling)");
    expect(whoOf({ actor: null, service: null })).toBe("Not signed in");
  });

  it("is told in words", () => {
    expect(actionWords("visit.return_to_waiting")).toBe("Visit: return to waiting");
    expect(actionWords("sign_in")).toBe("Sign in");
  });

  it("is marked when it was refused", () => {
    expect(isRefusal("denied")).toBe(true);
    expect(isRefusal("success")).toBe(false);
  });
});
