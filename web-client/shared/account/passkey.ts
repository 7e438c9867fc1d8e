import type { AssertionAnswer, CreationOptions, RegistrationAnswer, RequestOptions } from "@shared/api/types";

/**
 * Why the browser gave no passkey:
 * - `cancelled`: the person closed its question or let it run out,
 * - `known`: the device has a passkey of this account already,
 * - `unavailable`: this browser or this address knows no passkeys.
 */
export type PasskeyProblem = "cancelled" | "known" | "unavailable";

export class PasskeyError extends Error {
  override readonly name = "PasskeyError";

  constructor(
    readonly problem: PasskeyProblem,
    options?: ErrorOptions,
  ) {
    super(`passkey: ${problem}`, options);
  }
}

/** Whether this browser knows passkeys at all. */
export const passkeysWork = (): boolean => typeof globalThis.PublicKeyCredential === "function" && globalThis.isSecureContext;

/** Makes a passkey on this device, or on one the browser reaches. */
export async function makePasskey(options: CreationOptions): Promise<RegistrationAnswer> {
  const credential = await asked(() => navigator.credentials.create({ publicKey: creationOf(options) }));
  return jsonOf(credential) as RegistrationAnswer;
}

/** Asks for a passkey's signature. */
export async function askPasskey(options: RequestOptions): Promise<AssertionAnswer> {
  const credential = await asked(() => navigator.credentials.get({ publicKey: requestOf(options) }));
  return jsonOf(credential) as AssertionAnswer;
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!passkeysWork()) throw new PasskeyError("unavailable");
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : "";
    const problem = name === "InvalidStateError" ? "known" : name === "SecurityError" || name === "NotSupportedError" ? "unavailable" : "cancelled";
    throw new PasskeyError(problem, { cause });
  }
  if (credential === null) throw new PasskeyError("cancelled");
  return credential as PublicKeyCredential;
}

/** Base64url (RFC 4648, section 5) of bytes. */
export function textOf(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Bytes of base64url. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

const keysOf = (list: CreationOptions["excludeCredentials"]): PublicKeyCredentialDescriptor[] =>
  list.map(({ id, transports }) => ({ type: "public-key", id: bytesOf(id), transports: transports as AuthenticatorTransport[] }));

/** What `parseCreationOptionsFromJSON` makes, for browsers that do not have it. */
export function creationOf(options: CreationOptions): PublicKeyCredentialCreationOptions {
  const { user, challenge, pubKeyCredParams, excludeCredentials, authenticatorSelection, ...rest } = options;
  return {
    ...rest,
    user: { ...user, id: bytesOf(user.id) },
    challenge: bytesOf(challenge),
    pubKeyCredParams: pubKeyCredParams.map(({ alg }) => ({ type: "public-key", alg })),
    excludeCredentials: keysOf(excludeCredentials),
    authenticatorSelection: authenticatorSelection as AuthenticatorSelectionCriteria,
    attestation: "none",
  };
}

/** What `parseRequestOptionsFromJSON` makes, for browsers that do not have it. */
export function requestOf({ challenge, allowCredentials, userVerification, ...rest }: RequestOptions): PublicKeyCredentialRequestOptions {
  return { ...rest, challenge: bytesOf(challenge), allowCredentials: keysOf(allowCredentials), userVerification: userVerification as UserVerificationRequirement };
}

/** What `toJSON` makes, which some browsers and extensions leave out. */
export function jsonOf({ rawId, response }: Pick<PublicKeyCredential, "rawId" | "response">): RegistrationAnswer | AssertionAnswer {
  const clientDataJSON = textOf(response.clientDataJSON);
  if ("attestationObject" in response) {
    const made = response as AuthenticatorAttestationResponse;
    return {
      response: { clientDataJSON, attestationObject: textOf(made.attestationObject), transports: made.getTransports?.() ?? [] },
    };
  }
  const { authenticatorData, signature, userHandle } = response as AuthenticatorAssertionResponse;
  return {
    rawId: textOf(rawId),
    response: {
      clientDataJSON,
      authenticatorData: textOf(authenticatorData),
      signature: textOf(signature),
      userHandle: userHandle === null ? null : textOf(userHandle),
    },
  };
}
