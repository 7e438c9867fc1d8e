import { describe, expect, it } from "vitest";
import { visitOf } from "../../../harness/fixtures";
import { offerOf } from "./phase";

describe("the next step of a visit", () => {
  it("is to admit whoever waits, and says what is missing", () => {
    expect(offerOf(visitOf({ state: "ready" }), undefined)).toMatchObject({ action: "admit", text: "Ready to be seen." });
    expect(offerOf(visitOf({ state: "checked_in", consent_telehealth: false }), undefined).text).toContain("Consent");
  });

  it("is to join once admitted", () => {
    expect(offerOf(visitOf({ state: "admitted" }), undefined)).toMatchObject({ action: "join", title: "Amina is admitted" });
  });

  it("does not offer what the server would refuse", () => {
    expect(offerOf(visitOf({ state: "ready", actions: [] }), undefined).action).toBe("none");
    expect(offerOf(visitOf({ state: "in_progress", actions: ["complete"] }), undefined).action).toBe("none");
  });

  it("tells why the call on this page ended, and offers to join again", () => {
    const visit = visitOf({ state: "in_progress" });
    expect(offerOf(visit, { kind: "left" })).toMatchObject({ action: "join", title: "You left the visit" });
    expect(offerOf(visit, { kind: "elsewhere" }).title).toContain("another window");
    expect(offerOf(visit, { kind: "refused", code: "outside_window", detail: "Too late." }).text).toBe("Too late.");
  });

  it("is nothing when the visit is over, whatever happened here", () => {
    expect(offerOf(visitOf({ state: "completed" }), { kind: "closed" })).toMatchObject({ action: "none", title: "The visit has ended" });
    expect(offerOf(visitOf({ state: "no_show" }), undefined).title).toBe("The patient did not come");
  });
});
