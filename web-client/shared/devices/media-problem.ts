/** A device the patient or clinician sends from. */
export type DeviceKind = "camera" | "microphone" | "screen";

/** Why a device gives nothing. */
export type MediaProblemCode = "denied" | "missing" | "in_use" | "insecure" | "dismissed" | "unknown";

export interface MediaProblem {
  readonly code: MediaProblemCode;
  /** One plain sentence for a person: what happened. */
  readonly what: string;
  /** One plain sentence: what to do about it. */
  readonly fix: string;
}

const CODES: Readonly<Record<string, MediaProblemCode>> = {
  NotAllowedError: "denied",
  PermissionDeniedError: "denied",
  SecurityError: "insecure",
  NotFoundError: "missing",
  DevicesNotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "in_use",
  TrackStartError: "in_use",
  AbortError: "in_use",
};

/**
 * What a failed `getUserMedia` or `getDisplayMedia` means to the person in front of it
 * (W3C mediacapture-main, section 10.2: the DOMException names).
 */
export function mediaProblem(kind: DeviceKind, error: unknown): MediaProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  let code = CODES[name] ?? "unknown";
  // Closing the screen picker is a choice, not a failure.
  if (kind === "screen" && code === "denied") code = "dismissed";
  return problemOf(kind, code);
}

/** The problem of a page that the browser gives no devices to at all. */
export const insecureProblem = (kind: DeviceKind): MediaProblem => problemOf(kind, "insecure");

function problemOf(kind: DeviceKind, code: MediaProblemCode): MediaProblem {
  switch (code) {
    case "denied":
      return {
        code,
        what: `Your browser is not allowed to use your ${kind}.`,
        fix: `Open the ${kind} permission next to the address at the top of this page, choose “Allow”, then try again.`,
      };
    case "missing":
      return {
        code,
        what: `We could not find a ${kind}.`,
        fix: `Plug one in or turn it on, then try again.`,
      };
    case "in_use":
      return {
        code,
        what: `Your ${kind} is busy.`,
        fix: `Close other apps that may be using it, such as another video call, then try again.`,
      };
    case "insecure":
      return {
        code,
        what: `This browser does not give web pages your ${kind} here.`,
        fix: "Open the link in an up-to-date Chrome, Edge, Firefox or Safari, with an address that starts with https.",
      };
    case "dismissed":
      return { code, what: "Nothing is being shared.", fix: "Choose a window or screen to share it." };
    case "unknown":
      return {
        code,
        what: `Your ${kind} did not start.`,
        fix: "Try again. If it stays like this, restart your browser or device.",
      };
  }
}
