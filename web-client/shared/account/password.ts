import { ApiError } from "@shared/api/error";

/** The shortest password the server takes. */
export const MIN_PASSWORD = 8;

export interface PasswordDraft {
  readonly current: string;
  readonly next: string;
}

export type PasswordErrors = Partial<Record<keyof PasswordDraft, string>>;

/** Why a change cannot be sent yet; empty when it can. The server decides about the rest. */
export function checkPassword({ current, next }: PasswordDraft): PasswordErrors {
  return {
    ...(current === "" ? { current: "Enter the password you have now." } : {}),
    ...([...next].length < MIN_PASSWORD ? { next: `Use at least ${MIN_PASSWORD} characters. Several words are easy to remember.` } : {}),
  };
}

/** A refusal at the field it is about; empty for every other failure. */
export function refusedPassword(error: unknown): PasswordErrors {
  if (!(error instanceof ApiError)) return {};
  if (error.code === "invalid_credentials") return { current: "That is not the password you have now." };
  if (error.code === "invalid_field" && error.extra["field"] === "new_password") return { next: error.plain };
  if (error.code === "invalid_field" && error.extra["field"] === "current_password") return { current: error.plain };
  return {};
}
