import { ApiError } from "@shared/api/error";
import type { Proof, SecondFactor } from "@shared/api/types";

/** What people type beside their password. */
export type ProofMethod = "totp" | "recovery_code";

/** A proof that is typed. */
export type CodeProof = Extract<Proof, { readonly code: string }>;

const TOTP_DIGITS = 6;
const RECOVERY_LETTERS = 24;

/** What was typed as the API takes it, spaces and dashes forgiven; undefined while it cannot be one. */
export function proofOf(method: ProofMethod, typed: string): CodeProof | undefined {
  const code = typed.replaceAll(/[^0-9a-z]/gi, "").toLowerCase();
  if (method === "totp") return code.length === TOTP_DIGITS && /^\d+$/.test(code) ? { method, code } : undefined;
  return code.length === RECOVERY_LETTERS ? { method, code } : undefined;
}

/** How a sign-in goes on after the right password; undefined for every other failure. */
export function secondFactorOf(error: unknown): SecondFactor | undefined {
  if (!(error instanceof ApiError) || error.code !== "second_factor_required") return undefined;
  const next = error.extra["second_factor"];
  return typeof next === "object" && next !== null && "attempt" in next ? (next as SecondFactor) : undefined;
}

/** Whether the state between password and code is over, so that only the password helps. */
export function isAttemptOver(error: unknown): boolean {
  return error instanceof ApiError && error.isSignedOut;
}

/** A wait in words: "40 seconds", "1 minute", "12 minutes". */
export function waitWords(seconds: number): string {
  if (seconds < 60) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}
