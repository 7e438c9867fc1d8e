import { existsSync } from "node:fs";
import { CHROMIUM } from "./chromium";
import { FIREFOX } from "./firefox";
import { BEDSIDE } from "./server";

/** Says in one sentence what is missing, before twenty tests fail for the same reason. */
export default function globalSetup(): void {
  const needed: [string, string][] = [
    [BEDSIDE, "The server is not built; run: cargo build -p server (or set BEDSIDE_BIN)"],
    [`${import.meta.dirname}/../dist/patient/index.html`, "The patient app is not built; run: npm run build"],
    [`${import.meta.dirname}/../dist/staff/index.html`, "The staff app is not built; run: npm run build"],
    [CHROMIUM.launchOptions.executablePath, "Chromium is not installed; install it or set CHROMIUM_BIN"],
    [FIREFOX, "Firefox ESR is not installed; install it or set FIREFOX_BIN"],
  ];
  for (const [path, advice] of needed) if (!existsSync(path)) throw new Error(`${advice} (missing: ${path})`);
}
