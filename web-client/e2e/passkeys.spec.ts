import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { CDPSession, Page } from "@playwright/test";
import { accountOf, clinic, expect, test, withClinic } from "./clinic";
import { judge } from "./judge";
import { onLoopback } from "./server";
import { asIfLater } from "./steps";

// The duty is on, as in every installation but a demo. Keys belong to `localhost`.
withClinic("the file", () => onLoopback("--mfa", "required"));

/** Chromium's own authenticator, as a phone or laptop has one; it lives as long as the page. */
interface Device {
  readonly cdp: CDPSession;
  readonly authenticatorId: string;
}

async function deviceOf(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { cdp, authenticatorId };
}

async function keepCodes(page: Page): Promise<void> {
  await page.getByRole("checkbox", { name: /I have kept these codes/ }).check();
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Posts as the page would, from its own origin, and tells the answer. */
function post(page: Page, path: string, body: object): Promise<{ status: number; code: string | undefined }> {
  return page.evaluate(
    async ([to, sent]) => {
      const answer = await fetch(to, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(sent) });
      return { status: answer.status, code: ((await answer.json()) as { code?: string }).code };
    },
    [path, body] as const,
  );
}

const REFUSED = { status: 422, code: "invalid_code" };

test("staff enrol with a passkey, sign in with it alone and after the password; an answer counts once, a copied key not at all", async ({ person }) => {
  test.setTimeout(300_000);
  const clinician = await person(accountOf("clinician"));
  const { page } = clinician;
  const device = await deviceOf(page);
  await clinician.signIn();
  await page.getByRole("button", { name: "Use a passkey or security key" }).click();
  await expect(page.getByRole("region", { name: "Recovery codes" }).getByRole("listitem")).toHaveCount(10);
  await keepCodes(page);
  const inside = page.getByRole("heading", { name: "Waiting room" });
  await expect(inside).toBeVisible();
  const signOut = async (): Promise<void> => {
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  };

  const sent = await test.step("alone", async () => {
    await signOut();
    await judge(page, "staff-sign-in-passkey");
    const request = page.waitForRequest((one) => one.url().endsWith("/api/v1/sessions/passkey"));
    await page.getByRole("button", { name: "Use a passkey instead" }).click();
    await expect(inside).toBeVisible();
    return (await request).postDataJSON() as object;
  });

  await test.step("the same answer once more opens nothing", async () => {
    await signOut();
    expect(await post(page, "/api/v1/sessions/passkey", sent)).toEqual(REFUSED);
  });

  await test.step("after the password", async () => {
    await clinician.signIn();
    await expect(page.getByRole("button", { name: "Use my passkey" })).toBeVisible();
    await judge(page, "staff-sign-in-second-passkey");
    await page.getByRole("button", { name: "Use my passkey" }).click();
    await expect(inside).toBeVisible();
  });

  await test.step("as a fresh proof", async () => {
    await page.goto("/staff/security");
    await expect(page.getByRole("button", { name: /^Remove Passkey/ })).toBeVisible();
    await asIfLater(page, "factors/recovery-codes");
    await page.getByRole("button", { name: "Make new recovery codes" }).click();
    await page.getByRole("dialog", { name: "Is it still you?" }).getByRole("button", { name: "Use my passkey" }).click();
    const codes = page.getByRole("dialog", { name: "New recovery codes" });
    await expect(codes.getByRole("listitem")).toHaveCount(10);
    await keepCodes(page);
  });

  await test.step("a person who closes the browser’s question is told that nothing was done", async () => {
    await signOut();
    await device.cdp.send("WebAuthn.setUserVerified", { authenticatorId: device.authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Use a passkey instead" }).click();
    await expect(page.getByRole("alert")).toContainText("Nothing was done");
    await device.cdp.send("WebAuthn.setUserVerified", { authenticatorId: device.authenticatorId, isUserVerified: true });
  });

  await test.step("a copy of the key, which counted less, is refused and told", async () => {
    const { authenticatorId } = device;
    const { credentials } = await device.cdp.send("WebAuthn.getCredentials", { authenticatorId });
    const key = credentials[0]!;
    expect(key.signCount).toBeGreaterThan(1);
    await device.cdp.send("WebAuthn.removeCredential", { authenticatorId, credentialId: key.credentialId });
    await device.cdp.send("WebAuthn.addCredential", { authenticatorId, credential: { ...key, signCount: 0 } });
    await page.getByRole("button", { name: "Use a passkey instead" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  });
});

test("a patient’s passkey signs nothing for a page of another origin", async ({ browser }) => {
  const account = accountOf("patient");
  const context = await browser.newContext({ baseURL: clinic().origin });
  const page = await context.newPage();
  await deviceOf(page);
  await page.goto("/");
  await page.getByLabel("Email").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("link", { name: /Sign-in and safety/ }).click();
  await page.getByRole("link", { name: "Add a code from your phone" }).click();
  await page.getByRole("button", { name: "Use the lock of this device" }).click();
  await keepCodes(page);
  await expect(page.getByRole("button", { name: /^Remove Passkey/ })).toBeVisible();
  await judge(page, "patient-security-passkey");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();

  const options = await page.evaluate(async () => (await fetch("/api/v1/sessions/passkey/options", { method: "POST" })).json() as Promise<Record<string, unknown>>);
  const elsewhere = await foreignPage();
  try {
    await page.goto(elsewhere.origin);
    // The same host, so that the browser lends the key; another port, so that it is not our page.
    const credential = await page.evaluate(async (asked) => {
      const { PublicKeyCredential: keys } = globalThis as unknown as { PublicKeyCredential: { parseRequestOptionsFromJSON: (json: object) => PublicKeyCredentialRequestOptions } };
      const made = (await navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(asked) })) as PublicKeyCredential;
      return made.toJSON() as object;
    }, options);
    await page.goto(clinic().origin);
    expect(await post(page, "/api/v1/sessions/passkey", { credential })).toEqual(REFUSED);
    // The key itself is good: our own page gets in with it.
    await page.getByRole("button", { name: "Use a passkey instead" }).click();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  } finally {
    elsewhere.server.close();
    await context.close();
  }
});

/** A page on another port of this machine. */
async function foreignPage(): Promise<{ server: Server; origin: string }> {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>Elsewhere</title>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was free");
  return { server, origin: `http://localhost:${address.port}` };
}
