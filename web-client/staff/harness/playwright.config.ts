import { defineConfig } from "@playwright/test";
import { CHROMIUM } from "../../e2e/chromium";

/** Every staff screen in every state, without a server: `npx playwright test --config staff/harness/playwright.config.ts` after a build. */
export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/staff-harness",
  fullyParallel: true,
  workers: 2,
  reporter: "line",
  timeout: 60_000,
  use: { ...CHROMIUM },
});
