import base from "../playwright.config";
import { OVER_TLS } from "./stage";

/** Visits over bad networks, inside the namespaces that deploy/netns.sh makes; `npm run e2e` leaves them out. */
export default {
  ...base,
  testDir: ".",
  testMatch: "*.netns.ts",
  outputDir: "../../test-results/netns",
  globalSetup: undefined,
  reporter: [["list"]] as const,
  timeout: 300_000,
  expect: { timeout: 90_000 },
  use: { ...base.use, launchOptions: OVER_TLS, trace: "off" as const },
};
