import { PasskeyError, type PasskeyProblem } from "@shared/account/passkey";
import { waitWords } from "@shared/account/proof";
import { ApiError } from "@shared/api/error";

const PASSKEYS: Readonly<Record<PasskeyProblem, string>> = {
  cancelled: "The question of your device was closed, or it took too long. Nothing was done.",
  known: "This device has a passkey of your account already.",
  unavailable: "This browser cannot use passkeys at this address.",
};

/** One or two sentences for the person at the screen; the request id leads support to the log line. */
export function describeProblem(error: unknown): string {
  if (error instanceof PasskeyError) return PASSKEYS[error.problem];
  if (!(error instanceof ApiError)) return "Something went wrong on this page. Reload it; nothing you saved is lost.";
  if (error.code === "network") return "The server could not be reached. Check the connection of this computer.";
  if (error.code === "unavailable") return "The server is starting again. This takes a few seconds.";
  if (error.code === "rate_limited" && error.retryAfter !== null) return `Too many tries. You can try again in ${waitWords(error.retryAfter)}.`;
  if (error.code === "invalid_code") return "That code did not work. Codes change every 30 seconds and count once: wait for the next one.";
  if (error.code === "factor_needed") return "Your role needs a second factor. Add another one first, then remove this one.";
  if (error.status >= 500) {
    return `The server could not do that. ${error.requestId === null ? "" : `Tell support this number: ${error.requestId}`}`.trim();
  }
  return error.plain;
}
