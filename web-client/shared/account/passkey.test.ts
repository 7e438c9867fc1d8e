import { afterEach, describe, expect, it, vi } from "vitest";
import type { CreationOptions, RequestOptions } from "@shared/api/types";
import { askPasskey, bytesOf, creationOf, jsonOf, makePasskey, requestOf, textOf } from "./passkey";

const creation: CreationOptions = {
  rp: { id: "localhost", name: "Bedside" },
  user: { id: "AQID", name: "amina@demo.example", displayName: "Amina" },
  challenge: "-_8",
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
  timeout: 300_000,
  excludeCredentials: [{ id: "BAU", type: "public-key", transports: ["internal"] }],
  authenticatorSelection: { residentKey: "preferred", requireResidentKey: false, userVerification: "preferred" },
  attestation: "none",
  extensions: { credProps: true },
};
const request: RequestOptions = { challenge: "-_8", timeout: 300_000, rpId: "localhost", allowCredentials: [], userVerification: "required" };

/** A browser with passkeys whose question ends as `end` says. */
function browser(end: () => Promise<unknown>): void {
  vi.stubGlobal("PublicKeyCredential", () => undefined);
  vi.stubGlobal("isSecureContext", true);
  Object.defineProperty(navigator, "credentials", { configurable: true, value: { create: end, get: end } });
}
afterEach(() => {
  Reflect.deleteProperty(navigator, "credentials");
});

it("carries bytes as base64url and back", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  expect(textOf(bytes.buffer)).not.toMatch(/[+/=]/);
  expect([...bytesOf(textOf(bytes.buffer))]).toEqual([...bytes]);
});

it("turns options into what browsers take", () => {
  const made = creationOf(creation);
  expect([...new Uint8Array(made.challenge as ArrayBuffer)]).toEqual([251, 255]);
  expect([...new Uint8Array(made.user.id as ArrayBuffer)]).toEqual([1, 2, 3]);
  expect(made.excludeCredentials?.[0]).toMatchObject({ type: "public-key", transports: ["internal"] });
  expect(requestOf(request)).toMatchObject({ rpId: "localhost", userVerification: "required", allowCredentials: [] });
});

it("turns answers into what the API takes", () => {
  const buffer = (...bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;
  const assertion = { clientDataJSON: buffer(1), authenticatorData: buffer(2), signature: buffer(3), userHandle: null };
  expect(jsonOf({ rawId: buffer(9), response: assertion as unknown as AuthenticatorResponse })).toEqual({
    rawId: "CQ",
    response: { clientDataJSON: "AQ", authenticatorData: "Ag", signature: "Aw", userHandle: null },
  });
  const registration = { clientDataJSON: buffer(1), attestationObject: buffer(2), getTransports: () => ["usb"] };
  expect(jsonOf({ rawId: buffer(9), response: registration as unknown as AuthenticatorResponse })).toEqual({
    response: { clientDataJSON: "AQ", attestationObject: "Ag", transports: ["usb"] },
  });
});

describe("without a passkey", () => {
  it("tells why, as far as browsers do", async () => {
    await expect(askPasskey(request)).rejects.toMatchObject({ problem: "unavailable" });
    browser(() => Promise.reject(new DOMException("", "NotAllowedError")));
    await expect(askPasskey(request)).rejects.toMatchObject({ problem: "cancelled" });
    browser(() => Promise.reject(new DOMException("", "InvalidStateError")));
    await expect(makePasskey(creation)).rejects.toMatchObject({ problem: "known" });
    browser(() => Promise.reject(new DOMException("", "SecurityError")));
    await expect(askPasskey(request)).rejects.toMatchObject({ problem: "unavailable" });
    browser(() => Promise.resolve(null));
    await expect(askPasskey(request)).rejects.toMatchObject({ problem: "cancelled" });
  });
});
