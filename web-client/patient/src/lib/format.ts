/** Dates and times for people. Zones are the browser's own data: no zone arithmetic here. */

/** The reader's English, so that dates match the words around them. */
export function locale(): string {
  const language = navigator.language;
  return language.startsWith("en") ? language : "en";
}

const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

function format(at: Date, zone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: zone }).format(at);
}

/** "10:30 AM" or "10:30", as the reader's language has it. */
export const timeOfDay = (iso: string, zone: string = localZone()): string =>
  format(new Date(iso), zone, { hour: "numeric", minute: "2-digit" });

const dayKey = (at: Date, zone: string): string => format(at, zone, { year: "numeric", month: "2-digit", day: "2-digit" });

/** "Today", "Tomorrow" or "Monday, November 23", with the year where it is another one. */
export function day(iso: string, now: Date, zone: string = localZone()): string {
  const at = new Date(iso);
  const key = dayKey(at, zone);
  if (key === dayKey(now, zone)) return "Today";
  // 36 hours from noon-ish or midnight alike land on a date after today; only the next one matters.
  if (at > now && key === dayKey(new Date(now.getTime() + 86_400_000), zone)) return "Tomorrow";
  const sameYear = format(at, zone, { year: "numeric" }) === format(now, zone, { year: "numeric" });
  return format(at, zone, { weekday: "long", month: "long", day: "numeric", ...(sameYear ? {} : { year: "numeric" }) });
}

/** A day inside a sentence: "today", "tomorrow", "Monday, November 23". */
export const dayInside = (name: string): string => (name === "Today" || name === "Tomorrow" ? name.toLowerCase() : name);

/** Ends a sentence once: some English writes "p.m.", which brings its own dot. */
export const sentence = (text: string): string => (text.endsWith(".") ? text : `${text}.`);

/** The city of a zone name: "America/St_Johns" is "St Johns". */
export const cityOf = (zone: string): string => (zone.split("/").pop() ?? zone).replaceAll("_", " ");

export interface VisitTime {
  /** In the reader's zone: "Today", "10:30 AM". */
  readonly day: string;
  readonly time: string;
  /** The same moment at the clinic, when its clocks show something else: "9:30 AM in Vancouver". */
  readonly atClinic: string | undefined;
}

/** When something is, for the reader and, if that differs, for the clinic. */
export function visitTime(iso: string, clinicZone: string, now: Date, zone: string = localZone()): VisitTime {
  const at = new Date(iso);
  const here = { day: day(iso, now, zone), time: timeOfDay(iso, zone) };
  const there = { day: dayKey(at, clinicZone), time: timeOfDay(iso, clinicZone) };
  if (there.time === here.time && there.day === dayKey(at, zone)) return { ...here, atClinic: undefined };
  const clinicDay = there.day === dayKey(at, zone) ? "" : `${format(at, clinicZone, { weekday: "long" })} `;
  return { ...here, atClinic: `${clinicDay}${there.time} in ${cityOf(clinicZone)}, where your clinic is` };
}

/** Whole minutes between two instants, at least 1. */
export const minutesBetween = (from: string, to: string): number =>
  Math.max(1, Math.round((new Date(to).getTime() - new Date(from).getTime()) / 60_000));
