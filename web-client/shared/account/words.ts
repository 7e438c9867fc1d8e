import type { FactorList, SecurityNotice } from "@shared/api/types";

const NOTICES: Readonly<Record<string, string>> = {
  new_device: "Somebody signed in from a device that was not used before",
  factor_added: "A way to prove that it is you was added",
  factor_removed: "A way to prove that it is you was removed",
  factors_reset: "Your clinic took away every way to prove that it is you",
  recovery_code_used: "A recovery code was used",
  password_changed: "The password was changed",
  passkey_copied: "A copy of a passkey was noticed and refused",
  token_copied: "A copy of a sign-in was noticed, and that sign-in was ended",
};

/** A notice about an account's safety, in a sentence; kinds that come later are told honestly. */
export const noticeWords = ({ kind }: Pick<SecurityNotice, "kind">): string =>
  NOTICES[kind] ?? `Something about the safety of your account changed (${kind.replaceAll("_", " ")})`;

/** Notices that their reader should know the cause of, or act. */
export const isAlarming = ({ kind }: Pick<SecurityNotice, "kind">): boolean =>
  ["new_device", "factors_reset", "token_copied", "passkey_copied", "recovery_code_used"].includes(kind);

const KINDS: Readonly<Record<string, string>> = { totp: "Code from an app", passkey: "Passkey" };

/** What a factor is, for its owner. */
export const factorKind = (kind: string): string => KINDS[kind] ?? kind;

/** Fewer recovery codes than this are worth a word. */
const FEW_CODES = 3;

/** How many recovery codes are left, and whether that is too few. */
export function recoveryWords({ items, recovery_codes_left: left }: Pick<FactorList, "items" | "recovery_codes_left">): { text: string; few: boolean } {
  if (items.length === 0) return { text: "You get recovery codes together with your first app or key.", few: false };
  const text = left === 0 ? "No recovery code is left." : `${left} of 10 recovery ${left === 1 ? "code is" : "codes are"} left.`;
  return { text, few: left < FEW_CODES };
}

/** What a kept file of recovery codes says. Its reader may find it years later. */
export function recoveryFile(codes: readonly string[], email: string, madeOn: string): string {
  return [
    "Bedside: recovery codes",
    `For the account ${email}, made on ${madeOn}`,
    "",
    "Each code works once, in place of the code from your phone.",
    "Keep this where only you find it.",
    "",
    ...codes,
    "",
  ].join("\r\n");
}
