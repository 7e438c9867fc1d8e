import { type Browser, firefox } from "@playwright/test";

/** Debian's Firefox ESR. */
export const FIREFOX = process.env["FIREFOX_BIN"] ?? "/usr/bin/firefox-esr";

/**
 * An unmodified Firefox with pretended camera and microphone, driven over WebDriver BiDi. There
 * `fill()` does not reach React inputs; type with `pressSequentially()`.
 */
export function openFirefox(): Promise<Browser> {
  return firefox.launch({
    channel: "moz-firefox",
    executablePath: FIREFOX,
    firefoxUserPrefs: {
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
      // Sound plays without a click first, as it does for a page that captures a microphone.
      "media.autoplay.default": 0,
      // Nothing of the browser's own calls out.
      "browser.safebrowsing.update.enabled": false,
      "datareporting.policy.dataSubmissionEnabled": false,
      "network.captive-portal-service.enabled": false,
      "network.connectivity-service.enabled": false,
    },
  });
}
