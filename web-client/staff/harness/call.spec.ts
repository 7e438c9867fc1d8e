import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { createServer, type ViteDevServer } from "vite";
import { Clinic } from "./browser";
import { accounts } from "./fixtures";
import { worldOf } from "./handlers";

/** A Monday morning in New York. */
const NOW = Date.parse("2026-11-23T15:12:00Z");

let vite: ViteDevServer;

test.beforeAll(async () => {
  vite = await createServer({ configFile: "vite.staff.config.ts", server: { port: 0, host: "localhost" }, logLevel: "error" });
  await vite.listen();
});
test.afterAll(() => vite.close());

const STATES: Record<string, RegExp> = {
  person: /Amina Osei/,
  phone: /Amina Osei/,
  muted: /Camera is off/,
  screen: /is sharing a screen/,
  weak: /Your connection is weak/,
  alone: /Waiting for Amina Osei/,
  held: /Picture paused/,
  three: /3 people/,
  several: /6 people/,
  twelve: /12 people/,
  many: /\+\d+/,
  "twelve-screen": /is sharing a screen/,
  "twelve-pinned": /Unpin/,
  "twelve-held": /Picture paused/,
};

for (const scheme of ["light", "dark"] as const) {
  for (const size of [
    { width: 1440, height: 900 },
    { width: 1100, height: 800 },
    { width: 390, height: 844 },
  ]) {
    test.describe(`call, ${scheme}, ${size.width} px`, () => {
      test.use({ colorScheme: scheme, viewport: size, reducedMotion: "reduce", timezoneId: "America/New_York" });
      for (const [state, words] of Object.entries(STATES)) {
        test(state, async ({ page }) => {
          const world = worldOf(accounts.clinician, NOW);
          const clinic = await Clinic.stand(page, world, vite.resolvedUrls?.local[0] ?? "");
          await clinic.goto(`/harness/call.html?state=${state}`);
          await page.getByRole("button", { name: "Admit" }).click();
          await page.getByRole("button", { name: "Join visit" }).click();
          await expect(page.getByRole("region", { name: "Video" })).toContainText(words);
          await expect(page.getByRole("button", { name: "Mute microphone" })).toBeEnabled();
          await page.screenshot({ path: `test-results/staff-screens/call-${state}-${size.width}-${scheme}.png`, fullPage: true });
          const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
        });
      }
    });
  }
}
