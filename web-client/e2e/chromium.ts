import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from "@playwright/test";

/**
 * The system's Chromium with pretended camera, microphone and screen: it asks nothing, sends a
 * moving picture and a beep, and shares the first tab when asked for a screen.
 */
export const CHROMIUM = {
  browserName: "chromium",
  launchOptions: {
    executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
    args: [
      "--headless=new",
      "--no-sandbox",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--auto-accept-this-tab-capture",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
} satisfies Partial<PlaywrightTestOptions & PlaywrightWorkerOptions>;
