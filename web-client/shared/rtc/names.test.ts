import { expect, it } from "vitest";
import { nameOf, namesOf } from "./names";

const names = namesOf({
  patient: { account_id: "a1", display_name: "Amina Osei" },
  clinician: { account_id: "a2", display_name: "Dr Mina Lee" },
});

it("names the parties of the visit whatever their token says", () => {
  expect(nameOf(names, "a1", "")).toBe("Amina Osei");
  expect(nameOf(names, "a2", "somebody else")).toBe("Dr Mina Lee");
});

it("calls a person the visit does not know by their own name, or a guest", () => {
  expect(nameOf(names, "a3", "Interpreter")).toBe("Interpreter");
  expect(nameOf(names, "a3", "")).toBe("Guest");
});

it("leaves out a patient without an account", () => {
  const parties = { patient: { account_id: null, display_name: "P" }, clinician: { account_id: "c", display_name: "C" } };
  expect([...namesOf(parties).keys()]).toEqual(["c"]);
});
