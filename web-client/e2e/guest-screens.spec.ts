import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { createServer, type ViteDevServer } from "vite";

/** The screens of guests and of doors that are shut, in states that a whole visit passes too fast to be looked at. */
const SCENES: Readonly<Record<string, RegExp>> = {
  "guest-welcome": /You are invited to a video visit/,
  "guest-early": /You are invited to a video visit/,
  "guest-knock": /Ready to join/,
  "guest-waiting": /Please wait a moment/,
  "guest-let-in": /You can come in/,
  "guest-removed": /You were asked to leave the call/,
  "guest-invalid": /This invitation is not valid/,
  "waiting-invited": /You are checked in/,
  "join-locked": /The door is closed for a moment/,
  "join-removed": /You were asked to leave the call/,
};

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

let vite: ViteDevServer;
test.beforeAll(async () => {
  vite = await createServer({ configFile: "vite.patient.config.ts", server: { port: 0, host: "localhost" }, logLevel: "error" });
  await vite.listen();
});
test.afterAll(() => vite.close());

for (const [scene, words] of Object.entries(SCENES)) {
  test(`${scene} is usable by everybody, in both themes and sizes`, async ({ page }) => {
    await page.goto(`${vite.resolvedUrls?.local[0] ?? ""}harness/?state=${scene}`);
    await expect(page.getByRole("heading", { level: 1, name: words })).toBeVisible();
    const found: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const size of SIZES) {
        await page.setViewportSize(size);
        const label = `${scene}-${size.width}-${colorScheme}`;
        await page.screenshot({ path: `test-results/screens/${label}.png`, fullPage: true });
        const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
        for (const { id, nodes } of violations) found.push(`${label}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (sideways > 0) found.push(`${label}: scrolls ${sideways} px sideways`);
      }
    }
    expect(found).toEqual([]);
  });
}
