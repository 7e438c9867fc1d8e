import { ApiError } from "@shared/api/error";
import type { Role } from "@shared/api/types";

export interface AccountDraft {
  readonly display_name: string;
  readonly email: string;
  readonly password: string;
  readonly roles: readonly Role[];
}

export type AccountErrors = Partial<Record<keyof AccountDraft, string>>;

/** Long enough to be worth hashing; the server decides in the end. */
export const MIN_PASSWORD = 12;

/** Why an account cannot be created yet, by field; empty when it can. */
export function check(draft: AccountDraft): AccountErrors {
  const errors: AccountErrors = {};
  if (draft.display_name.trim() === "") errors.display_name = "Write the name as colleagues and patients should see it.";
  if (!/^\S+@\S+\.\S+$/.test(draft.email.trim())) errors.email = "Write an email address.";
  if (draft.password.length < MIN_PASSWORD) errors.password = `At least ${MIN_PASSWORD} characters.`;
  if (draft.roles.length === 0) errors.roles = "Choose at least one role.";
  return errors;
}

/** The field a refusal is about, when it is about one. */
export function refusedField(error: unknown): AccountErrors {
  if (!(error instanceof ApiError)) return {};
  if (error.code === "email_taken") return { email: "Somebody already has an account with this email." };
  const field = error.extra["field"];
  if (error.code === "invalid_field" && typeof field === "string" && ["display_name", "email", "password", "roles"].includes(field)) {
    return { [field]: error.plain };
  }
  return {};
}
