import { expect, it } from "vitest";
import { openGlass, rememberGlass } from "./emergency";

const now = Date.parse("2026-11-23T12:00:00Z");
const access = { patient_id: "amina", ends_at: "2026-11-23T13:00:00Z" };

it("reminds its opener alone, until it ends", () => {
  rememberGlass("lee", access, now);
  expect(openGlass("lee", "amina", now)?.endsAt).toBe(access.ends_at);
  expect(openGlass("okafor", "amina", now)).toBeUndefined();
  expect(openGlass("lee", "jonas", now)).toBeUndefined();
  expect(openGlass("lee", "amina", now + 3_600_000)).toBeUndefined();
});

it("survives what others left in the storage", () => {
  sessionStorage.setItem("bedside.emergency", "not json");
  expect(openGlass("lee", "amina", now)).toBeUndefined();
  rememberGlass("lee", access, now);
  expect(openGlass("lee", "amina", now)).toBeUndefined();
});
