import { PasskeyError, type PasskeyProblem } from "@shared/account/passkey";
import { waitWords } from "@shared/account/proof";
import { ApiError, codeOf } from "@shared/api/error";

/** A failure in words for the person it happened to. */
export interface Trouble {
  readonly title: string;
  readonly text: string;
  /** Whether trying the same again makes sense. */
  readonly again: boolean;
  /** For the clinic's help desk, when the words do not explain it. */
  readonly reference: string | null;
}

const WORDS: Readonly<Record<string, readonly [title: string, text: string, again: boolean]>> = {
  network: ["We cannot reach the clinic", "Check your internet connection. We keep trying by ourselves.", true],
  unavailable: ["The clinic’s system is starting again", "This usually takes less than a minute. Nothing you did is lost.", true],
  rate_limited: ["That was a little fast", "Please wait a minute, then try again.", true],
  invalid_credentials: ["That did not match", "The email and the password do not belong together. Check both and try again.", true],
  invalid_code: ["That code did not work", "Codes from the app change every 30 seconds and count once. Wait for the next one, then try again.", true],
  passkeys_unavailable: ["Passkeys are not set up here", "Your clinic has not turned them on for this address. Use another way.", false],
  link_spent: ["This link is over", "It was used before, there is a newer one, or it is too old. Ask for a new one.", false],
  mail_unavailable: ["Your clinic cannot send mail now", "Please call your clinic. They can help you sign in.", false],
  step_up_required: ["Please prove that it is you", "This needs your code or password once more.", true],
  factor_needed: ["You need one of these", "Your clinic asks for a second proof at sign-in. Add another one first, then remove this one.", false],
  not_found: ["This visit is not here", "The link may be old, or it belongs to another account.", false],
  forbidden: ["This is not open to you", "Your account cannot do this. Your clinic can tell you more.", false],
  outside_window: ["The visit is not open now", "Visits open 30 minutes before they start and close an hour after they end.", false],
  not_admitted: ["Please wait a moment longer", "You can join as soon as your clinician lets you in.", false],
  room_locked: [
    "The door of the visit is closed for now",
    "Nobody new can come in at the moment. Stay on this page: your clinician can open the door for you. If it takes long, call your clinic.",
    true,
  ],
  removed_from_room: [
    "You were asked to leave the call",
    "Your clinician can let you in again. Stay on this page, or call your clinic if you think this is a mistake.",
    false,
  ],
  visit_full: ["The visit is full", "Somebody has to leave before you can come in. Please try again in a moment.", true],
  session_expired: ["You were signed out", "You were away for a while. Sign in again; your place is kept.", false],
  consent_required: ["Your consent is missing", "Please read and agree to the telehealth consent first.", false],
  consent_outdated: ["The text has changed", "There is a newer version. Please read it again before you agree.", false],
  illegal_transition: ["The visit has moved on", "We are showing you where it stands now.", false],
};

const PASSKEY_WORDS: Readonly<Record<PasskeyProblem, readonly [title: string, text: string]>> = {
  cancelled: ["Nothing was done", "The question of your device was closed, or it took too long. You can try again."],
  known: ["This device is known already", "It has a passkey of your account. You can use it to sign in."],
  unavailable: ["Passkeys do not work here", "This browser cannot use them at this address. Use another way, or another browser."],
};

/** The words for any failure; the unknown ones get honest general words. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof PasskeyError) {
    const [title, text] = PASSKEY_WORDS[error.problem];
    return { title, text, again: true, reference: null };
  }
  if (error instanceof ApiError && error.retryAfter !== null && error.code === "rate_limited") {
    const text = `To keep accounts safe we slow down after several tries. You can try again in ${waitWords(error.retryAfter)}.`;
    return { title: "Please wait a little", text, again: true, reference: null };
  }
  const known = WORDS[codeOf(error)];
  if (known !== undefined) {
    const [title, text, again] = known;
    return { title, text, again, reference: null };
  }
  return {
    title: "Something went wrong on our side",
    text: "Please try again. If it stays like this, call your clinic.",
    again: true,
    reference: error instanceof ApiError ? error.requestId : null,
  };
}
