import type { AccessEvent } from "@shared/api/types";

/** Equal things the same person did one after the other, told once. */
export interface AccessLine {
  readonly key: string;
  readonly who: string;
  /** What they are at the clinic; empty when it says nothing. */
  readonly part: string;
  readonly what: string;
  /** The latest of them. */
  readonly at: string;
  readonly times: number;
  readonly own: boolean;
  readonly emergency: boolean;
  readonly refused: boolean;
}

const PARTS: Readonly<Record<string, string>> = {
  clinician: "clinician",
  coordinator: "front desk",
  clinic_admin: "clinic management",
  compliance: "data protection",
  family_member: "family",
  super_admin: "system administration",
};

/**
 * Accesses, newest first, as lines to be read: equal neighbours of one day are one line. `name` is
 * the reader's own, a patient or family member, so that their own acts can be told apart.
 */
export function accessLines(events: readonly AccessEvent[], name: string): readonly AccessLine[] {
  const lines: AccessLine[] = [];
  for (const [place, event] of events.entries()) {
    const own = event.who === name && event.roles.some((role) => role === "patient" || role === "family_member");
    const line: AccessLine = {
      key: `${event.at} ${place}`,
      who: own ? "You" : (event.who ?? "The clinic’s computer"),
      part: own ? "" : event.roles.map((role) => PARTS[role]).filter((word) => word !== undefined).join(", "),
      what: event.what,
      at: event.at,
      times: 1,
      own,
      emergency: event.emergency,
      refused: event.refused,
    };
    const before = lines.at(-1);
    if (before !== undefined && isSame(before, line)) lines[lines.length - 1] = { ...before, times: before.times + 1 };
    else lines.push(line);
  }
  return lines;
}

const DAY_LENGTH = "2026-11-23".length;

function isSame(one: AccessLine, other: AccessLine): boolean {
  return (
    one.who === other.who &&
    one.what === other.what &&
    one.emergency === other.emergency &&
    one.refused === other.refused &&
    one.at.slice(0, DAY_LENGTH) === other.at.slice(0, DAY_LENGTH)
  );
}
