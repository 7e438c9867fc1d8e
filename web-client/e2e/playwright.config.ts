import { defineConfig } from "@playwright/test";
import { CHROMIUM } from "./chromium";

/**
 * Whole visits in real browsers against the real program. Each spec file starts its own server on
 * an empty data directory (see clinic.ts), so files do not see each other's visits. One worker:
 * three browsers sending video already fill a small machine.
 */
export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "../test-results/e2e",
  globalSetup: "./global-setup.ts",
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [["list"], ["html", { outputFolder: "../playwright-report", open: "never" }]],
  use: {
    ...CHROMIUM,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    actionTimeout: 30_000,
    reducedMotion: "reduce",
    viewport: { width: 1440, height: 900 },
  },
});
