import type { ClientMessage, ServerMessage } from "@shared/api/generated/protocol";

/** The WebSocket subprotocol both sides name. */
export const SUBPROTOCOL = "bedside.v1";
/** The longest text of a message, in bytes of UTF-8. */
export const MAX_TEXT_BYTES = 16 * 1024;
/** The most conversations in one `resume`. */
export const MAX_RESUMED = 1_000;

/** Too many sockets of this account; this one was the oldest. */
export const CLOSE_TOO_MANY = 4429;

export const encode = (message: ClientMessage): string => JSON.stringify(message);

/** The message in a frame, or undefined when it is none of ours: unknown types are for newer clients. */
export function decode(frame: unknown): ServerMessage | undefined {
  if (typeof frame !== "string") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return undefined;
  }
  const known = typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
  return known ? (value as ServerMessage) : undefined;
}
