import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { here } from "../../vite.base.ts";

type Theme = Record<string, string>;

const css = readFileSync(here("./shared/ui/tokens.css"), "utf8");
const [lightCss = "", darkCss = ""] = css.split("@media (prefers-color-scheme: dark)");

function colours(source: string): Theme {
  const found: Theme = {};
  for (const [, name = "", value = ""] of source.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)) found[name] = value;
  return found;
}

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(theme: Theme, front: string, back: string): number {
  const [a, b] = [theme[front], theme[back]];
  if (a === undefined || b === undefined) throw new Error(`unknown token ${front} or ${back}`);
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const textPairs: [string, string][] = [
  ...["paper", "surface", "surface-sunken"].flatMap((back): [string, string][] =>
    ["ink", "ink-soft", "accent-text", "waiting", "ready", "urgent"].map((front) => [front, back]),
  ),
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["on-danger", "danger"],
  ["on-danger", "danger-hover"],
  ["ink", "accent-soft"],
  ["accent-text", "accent-soft"],
  ["waiting", "waiting-soft"],
  ["ready", "ready-soft"],
  ["urgent", "urgent-soft"],
  ["ink", "waiting-soft"],
  ["ink", "urgent-soft"],
  ["ink", "ready-soft"],
  ["on-stage", "stage"],
  ["on-stage", "stage-raised"],
  ["on-stage-soft", "stage"],
  ["on-stage-soft", "stage-raised"],
  ["stage-accent", "stage"],
  ["stage-accent", "stage-raised"],
  ["stage-warning", "stage-raised"],
];

const shapePairs: [string, string][] = [
  ["line-strong", "paper"],
  ["line-strong", "surface"],
  ["focus", "paper"],
  ["focus", "surface"],
  ["focus", "surface-sunken"],
];

const light = colours(lightCss);
const dark = { ...light, ...colours(darkCss) };

describe.each([
  ["light", light],
  ["dark", dark],
])("%s theme", (_name, theme) => {
  test.each(textPairs)("%s on %s is readable (4.5:1)", (front, back) => {
    expect(contrast(theme, front, back)).toBeGreaterThanOrEqual(4.5);
  });
  test.each(shapePairs)("%s on %s is visible (3:1)", (front, back) => {
    expect(contrast(theme, front, back)).toBeGreaterThanOrEqual(3);
  });
});
