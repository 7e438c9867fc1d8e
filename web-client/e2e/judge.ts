import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

/**
 * Judges the page as it stands, in both themes and at both sizes, and leaves a picture of each in
 * test-results/screens. `target-size` is off by default in axe; options() replaces tag choices, so
 * nothing else may be chosen with it.
 */
export async function judge(page: Page, name: string): Promise<void> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      const label = `${name}-${size.width}-${colorScheme}`;
      await page.screenshot({ path: `test-results/screens/${label}.png`, fullPage: true });
      const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
      for (const { id, nodes } of violations) found.push(`${label}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (sideways > 0) found.push(`${label}: scrolls ${sideways} px sideways`);
    }
  }
  await page.setViewportSize(SIZES[0]);
  expect.soft(found, name).toEqual([]);
}
