import { describe, expect, it } from "vitest";
import { ApiError } from "@shared/api/error";
import { visitOf } from "../../harness/fixtures";
import { describeDone, describeRefusal } from "./visitActions";

const visit = visitOf({ patient: { ...visitOf().patient, display_name: "Amina Osei" } });
const refusal = (code: string, extra: Record<string, unknown>): ApiError => new ApiError(code, 409, "refused", "req-1", extra);

describe("a refused action", () => {
  it("tells the loser of an admit race who was first", () => {
    const error = refusal("already_admitted", { admitted_by: { display_name: "Dr Mina Lee" }, state: "admitted" });
    expect(describeRefusal(error, visit)).toBe("Dr Mina Lee admitted Amina Osei just before you.");
  });

  it("does not invent a name when the server sends none", () => {
    expect(describeRefusal(refusal("already_admitted", {}), visit)).toBe("Somebody else admitted Amina Osei just before you.");
  });

  it("says where the visit stands", () => {
    expect(describeRefusal(refusal("illegal_transition", { state: "completed" }), visit)).toContain("already finished");
  });

  it("leaves other refusals to the general words", () => {
    expect(describeRefusal(refusal("rate_limited", {}), visit)).toBeUndefined();
    expect(describeRefusal(new Error("x"), visit)).toBeUndefined();
  });

  it("names the patient when it is done", () => {
    expect(describeDone({ visit, action: "admit" })).toBe("Amina Osei is admitted.");
  });
});
