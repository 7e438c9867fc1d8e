import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { createServer, type ViteDevServer } from "vite";
import { Clinic } from "../staff/harness/browser";
import { accounts } from "../staff/harness/fixtures";
import { worldOf } from "../staff/harness/handlers";

/**
 * Conferences as both apps draw them: the real screens over a room that is drawn instead of
 * connected, because a visit lets nobody in but its two parties.
 */
interface App {
  readonly config: string;
  readonly open: (page: Page, base: string, state: string) => Promise<void>;
}

const APPS: Readonly<Record<string, App>> = {
  patient: {
    config: "vite.patient.config.ts",
    open: async (page, base, state) => void (await page.goto(`${base}harness/?state=call-${state}`)),
  },
  staff: {
    config: "vite.staff.config.ts",
    open: async (page, base, state) => {
      const clinic = await Clinic.stand(page, worldOf(accounts.clinician, Date.now()), base);
      await clinic.goto(`/harness/call.html?state=${state}`);
      await page.getByRole("button", { name: "Admit" }).click();
      await page.getByRole("button", { name: "Join visit" }).click();
    },
  },
};

const SIZES = [
  { width: 1440, height: 900, narrowest: 150 },
  { width: 390, height: 844, narrowest: 88 },
] as const;

for (const [name, app] of Object.entries(APPS)) {
  test.describe(name, () => {
    let vite: ViteDevServer;
    let base: string;
    test.beforeAll(async () => {
      vite = await createServer({ configFile: app.config, server: { port: 0, host: "localhost" }, logLevel: "error" });
      await vite.listen();
      base = vite.resolvedUrls?.local[0] ?? "";
    });
    test.afterAll(() => vite.close());

    for (const { narrowest, ...size } of SIZES) {
      test(`twelve people, ${size.width} px wide`, async ({ page }) => {
        await page.setViewportSize(size);
        await app.open(page, base, "twelve");
        await expect(page.getByText("12 people")).toBeVisible();
        const tiles = page.getByRole("figure");
        await expect(tiles).toHaveCount(12);
        await expect.poll(async () => troubles(await boxes(tiles), size, narrowest), { message: "twelve tiles of one size, whole and apart" }).toEqual([]);
        await judge(page, `${name}-conference-${size.width}`);

        await page.getByRole("button", { name: /^Show Rosa Klein large/ }).click();
        await expect(page.getByRole("button", { name: "Unpin" })).toBeVisible();
        await expect.poll(async () => areaRatio(await boxes(tiles)), { message: "the pinned one beside the next" }).toBeGreaterThan(4);
        await judge(page, `${name}-conference-pinned-${size.width}`);
      });

      test(`a shared screen among twelve, ${size.width} px wide`, async ({ page }) => {
        await page.setViewportSize(size);
        await app.open(page, base, "twelve-screen");
        const tiles = page.getByRole("figure");
        await expect(tiles).toHaveCount(13);
        await expect(page.getByRole("button", { name: "Speaker view" })).toBeHidden();
        await expect.poll(async () => areaRatio(await boxes(tiles)), { message: "the screen beside the faces" }).toBeGreaterThan(4);
        await judge(page, `${name}-conference-screen-${size.width}`);
      });
    }
  });
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

async function boxes(tiles: Locator): Promise<Box[]> {
  const all = await tiles.evaluateAll((elements) =>
    elements.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x, y, width, height };
    }),
  );
  return all;
}

/** What is wrong with tiles of one size: one outside the window, two over each other, one too small. */
function troubles(all: readonly Box[], window: { width: number; height: number }, narrowest: number): string[] {
  const found: string[] = [];
  all.forEach((one, at) => {
    if (one.x < 0 || one.y < 0 || one.x + one.width > window.width || one.y + one.height > window.height) found.push(`${at} is cut off`);
    if (one.width < narrowest || one.height < 56) found.push(`${at} is ${one.width} × ${one.height}`);
    if (Math.abs(one.width - (all[0]?.width ?? 0)) > 1) found.push(`${at} is of another size`);
    for (const other of all.slice(at + 1)) if (overlap(one, other)) found.push(`${at} is covered`);
  });
  return found;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** How many times larger the largest is than the second. */
function areaRatio(all: readonly Box[]): number {
  const [first = 0, second = 1] = all.map(({ width, height }) => width * height).sort((a, b) => b - a);
  return first / second;
}

/** Accessibility, nothing to scroll sideways, and a picture in test-results/screens; the stage is dark in both themes. */
async function judge(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `test-results/screens/${name}.png` });
  const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
  expect.soft(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`), name).toEqual([]);
  expect.soft(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), name).toBe(0);
}
