/** What kind of device a session is on, for its picture. */
export type DeviceKind = "computer" | "phone" | "program";

export interface DeviceWords {
  readonly name: string;
  readonly kind: DeviceKind;
}

type Rule = readonly [RegExp, string];

/** In this order: browsers name the ones they descend from as well. */
const BROWSERS: readonly Rule[] = [
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\/|Opera/, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\/|Chromium\//, "Chrome"],
  [/Version\/.*Safari\//, "Safari"],
];

const SYSTEMS: readonly Rule[] = [
  [/iPhone/, "an iPhone"],
  [/iPad/, "an iPad"],
  [/Android/, "an Android phone or tablet"],
  [/Windows/, "Windows"],
  [/Macintosh|Mac OS X/, "a Mac"],
  [/CrOS/, "a Chromebook"],
  [/Linux|X11/, "Linux"],
];

const find = (rules: readonly Rule[], text: string): string | undefined => rules.find(([pattern]) => pattern.test(text))?.[1];

/** A browser's own name in the words of the person who uses it: "Chrome on Windows". */
export function deviceWords(userAgent: string | null): DeviceWords {
  if (userAgent === null || userAgent === "") return { name: "An unknown device", kind: "program" };
  const browser = find(BROWSERS, userAgent);
  const system = find(SYSTEMS, userAgent);
  if (browser === undefined) return { name: "A program, not a browser", kind: "program" };
  return {
    name: system === undefined ? browser : `${browser} on ${system}`,
    kind: /iPhone|iPad|Android/.test(userAgent) ? "phone" : "computer",
  };
}
