import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from "@playwright/test";

/**
 * The system's Chromium with pretended camera, microphone and screen: it asks nothing, sends a
 * moving picture and a beep every second, and shares a pretended screen.
 */
export const CHROMIUM = {
  browserName: "chromium",
  launchOptions: {
    executablePath: process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
} satisfies Partial<PlaywrightTestOptions & PlaywrightWorkerOptions>;
