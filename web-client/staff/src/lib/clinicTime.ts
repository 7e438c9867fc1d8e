/**
 * Times as the clinic's wall shows them. Every instant is UTC on the wire; only the browser's own
 * zone data turns it into local time, because it is the newest one in reach.
 */

const LOCALE = ((): string => {
  const languages = typeof navigator === "undefined" ? [] : navigator.languages;
  return languages.find((language) => language.startsWith("en")) ?? "en";
})();

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string, kind: string, options: Intl.DateTimeFormatOptions, locale = LOCALE): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  const known = cache.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  cache.set(key, made);
  return made;
}

/** "10:30 AM" or "10:30", as the browser's English is set. */
export function timeOfDay(at: string | number, zone: string): string {
  return formatter(zone, "time", { hour: "numeric", minute: "2-digit" }).format(new Date(at));
}

/** "Monday 23 November" in the order of the browser's English. */
export function longDay(at: string | number, zone: string): string {
  return formatter(zone, "day", { weekday: "long", day: "numeric", month: "long" }).format(new Date(at));
}

/** "23 Nov 2026" in the order of the browser's English. */
export function shortDate(at: string | number, zone: string): string {
  return formatter(zone, "date", { day: "numeric", month: "short", year: "numeric" }).format(new Date(at));
}

/** Date, time and seconds, for the audit log. */
export function precise(at: string | number, zone: string): string {
  return formatter(zone, "precise", { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at));
}

/** A date without zone (a date of birth), never shifted by one. */
export function calendarDate(date: string): string {
  return formatter("UTC", "calendar", { day: "numeric", month: "short", year: "numeric" }).format(new Date(`${date}T00:00:00Z`));
}

/** The zone's city: "America/New_York" is shown as "New York". */
export function zoneCity(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}

interface WallTime {
  readonly date: string;
  readonly time: string;
}

/** The clinic's calendar date (YYYY-MM-DD) and time (HH:MM) at an instant. */
export function wallTime(at: string | number, zone: string): WallTime {
  const parts = formatter(
    zone,
    "wall",
    { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    "en-CA",
  ).formatToParts(new Date(at));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((p) => p.type === type)?.value ?? "00";
  return { date: `${part("year")}-${part("month")}-${part("day")}`, time: `${part("hour")}:${part("minute")}` };
}

/**
 * The instant of a wall time in the clinic's zone, or undefined when it does not exist there
 * (the hour skipped in spring) or is not a date. Of a repeated hour the first one is meant.
 */
export function instantOf(date: string, time: string, zone: string): Date | undefined {
  const asUtc = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const offsetAt = (at: number): number => {
    const wall = wallTime(at, zone);
    return Date.parse(`${wall.date}T${wall.time}:00Z`) - at;
  };
  // The true offset is one of those a day before and after: no zone changes twice in two days.
  const day = 86_400_000;
  const candidates = [asUtc - offsetAt(asUtc - day), asUtc - offsetAt(asUtc + day)].sort((a, b) => a - b);
  const hit = candidates.find((at) => {
    const wall = wallTime(at, zone);
    return wall.date === date && wall.time === time;
  });
  return hit === undefined ? undefined : new Date(hit);
}

/** First and last instant of the clinic's day that contains `at`. */
export function dayBounds(at: number, zone: string): { from: string; to: string } {
  const today = wallTime(at, zone).date;
  const next = new Date(Date.parse(`${today}T12:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  const start = instantOf(today, "00:00", zone) ?? new Date(at);
  const end = instantOf(next, "00:00", zone) ?? new Date(start.getTime() + 86_400_000);
  return { from: start.toISOString(), to: end.toISOString() };
}
