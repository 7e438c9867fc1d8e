import { expect, it } from "vitest";
import { deviceWords } from "./device";

it.each([
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36", "Chrome on Windows", "computer"],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows", "computer"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1", "Safari on an iPhone", "phone"],
  ["Mozilla/5.0 (Linux; Android 16; Pixel) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile Safari/537.36", "Chrome on an Android phone or tablet", "phone"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox on Linux", "computer"],
  ["curl/8.5.0", "A program, not a browser", "program"],
] as const)("%s", (userAgent, name, kind) => {
  expect(deviceWords(userAgent)).toEqual({ name, kind });
});

it("says so when the device said nothing", () => {
  expect(deviceWords(null).name).toBe("An unknown device");
});
