import base from "./playwright.config";

/** Measurements in browsers, run by `npm run bench:join`, `bench:crowd` and `bench:layers`; they report, and judge no figure. */
export default {
  ...base,
  testMatch: "*.bench.ts",
  outputDir: "../test-results/bench",
  reporter: [["list"]] as const,
  timeout: 600_000,
};
