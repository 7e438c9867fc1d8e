import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { accountOf, expect, test, withClinic } from "./clinic";
import { judge } from "./judge";
import { onLoopback } from "./server";
import { asIfLater } from "./steps";
import { AuthenticatorApp } from "./totp";

// The duty is on, as in every installation but a demo.
withClinic("the file", () => onLoopback("--mfa", "required"));

const APP_CODE = "Code from your app";

/** From the picture to the recovery codes, for both apps; `key` tells where the typed key stands. */
async function setUpApp(page: Page, begin: () => Promise<void>, name: string): Promise<{ app: AuthenticatorApp; codes: readonly string[] }> {
  await begin();
  await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
  await judge(page, `${name}-scan`);
  const hidden = page.getByText("Scanning does not work");
  if (await hidden.isVisible()) await hidden.click();
  const key = await page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/).innerText();
  const app = new AuthenticatorApp(key);
  await page.getByRole("button", { name: "Continue" }).click();
  const field = page.getByLabel(APP_CODE);
  await expect(field).toHaveAttribute("autocomplete", "one-time-code");
  await expect(field).toHaveAttribute("inputmode", "numeric");
  await field.fill(app.wrong());
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("alert")).toContainText("did not work");
  await judge(page, `${name}-prove`);
  // As phones show and browsers paste it.
  await field.fill((await app.code()).replace(/(...)/, "$1 "));
  await page.getByRole("button", { name: "Continue" }).click();
  const list = page.getByRole("region", { name: "Recovery codes" }).getByRole("listitem");
  await expect(list).toHaveCount(10);
  await judge(page, `${name}-codes`);
  const codes = await list.allInnerTexts();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a file" }).click();
  const text = await readFile(await (await saved).path(), "utf8");
  expect(codes.every((code) => text.includes(code))).toBe(true);
  await page.getByRole("button", { name: "Continue" }).click();
  // Nobody passes it by unread.
  await expect(page.getByText(/(Print|print), save/)).toBeVisible();
  await page.getByRole("checkbox", { name: /I have kept these codes/ }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  return { app, codes };
}

test("staff set up their app before anything else opens, and sign in with its codes from then on", async ({ person }) => {
  test.setTimeout(300_000);
  const clinician = await person(accountOf("clinician"));
  const { page } = clinician;
  await clinician.signIn();
  await expect(page.getByRole("heading", { name: "Set up your second factor" })).toBeVisible();
  // The small session opens nothing else.
  expect(await clinician.request("GET", "/api/v1/waiting-room")).toEqual({ status: 403, code: "enrolment_required" });
  await judge(page, "staff-enrol-begin");
  const { app, codes } = await setUpApp(page, () => page.getByRole("button", { name: "Continue" }).click(), "staff-enrol");
  await expect(page.getByRole("heading", { name: "Waiting room" })).toBeVisible();

  const signOut = async (): Promise<void> => {
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  };
  await test.step("password and code", async () => {
    await signOut();
    await clinician.signIn();
    const field = page.getByLabel(APP_CODE);
    await expect(field).toBeFocused();
    await judge(page, "staff-sign-in-code");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText(/Type all six numbers/)).toBeVisible();
    await field.fill(app.wrong());
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("alert")).toContainText("did not work");
    await field.fill(await app.code());
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("heading", { name: "Waiting room" })).toBeVisible();
  });

  await test.step("the security page shows what guards the account, and asks again before it changes it", async () => {
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Security" }).click();
    await expect(page.getByRole("list", { name: "Second factors" }).getByRole("listitem")).toHaveCount(1);
    await expect(page.getByText("10 of 10 recovery codes are left.")).toBeVisible();
    await expect(page.getByRole("list", { name: "Sessions" }).getByRole("listitem")).not.toHaveCount(0);
    await judge(page, "staff-security");
    await asIfLater(page, "factors/recovery-codes");
    await page.getByRole("button", { name: "Make new recovery codes" }).click();
    const dialog = page.getByRole("dialog", { name: "Is it still you?" });
    await expect(dialog.getByLabel(APP_CODE)).toBeVisible();
    await judge(page, "staff-step-up");
    await dialog.getByRole("button", { name: "Use a recovery code instead" }).click();
    await dialog.getByLabel("Recovery code").fill(codes[0]!.toUpperCase());
    await dialog.getByRole("button", { name: "Confirm" }).click();
    const made = page.getByRole("dialog", { name: "New recovery codes" });
    await expect(made.getByRole("listitem")).toHaveCount(10);
    await made.getByRole("checkbox").check();
    await made.getByRole("button", { name: "Continue" }).click();
    await expect(made).toBeHidden();
    // The role owes a factor: the last one cannot go.
    await page.getByRole("button", { name: "Remove Authenticator app" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await expect(page.getByRole("alert")).toContainText("Your role needs a second factor");
  });

  await test.step("five wrong codes lead back to the password", async () => {
    await signOut();
    await clinician.signIn();
    for (let tried = 0; tried < 5; tried += 1) {
      await page.getByLabel(APP_CODE).fill(app.wrong());
      const answered = page.waitForResponse((answer) => answer.url().endsWith("/sessions/second-factor"));
      await page.getByRole("button", { name: "Continue" }).click();
      expect((await answered).status()).toBe(422);
    }
    await page.getByLabel(APP_CODE).fill(app.wrong());
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("alert")).toContainText(/Sign in with your password again|Too many tries/);
    await judge(page, "staff-sign-in-again");
  });
});

test("a patient adds the app by their own wish, looks after their sessions and signs in without the phone", async ({ person }) => {
  test.setTimeout(300_000);
  const account = accountOf("patient");
  const patient = await person(account);
  const { page } = patient;
  await patient.signIn();
  await page.getByRole("link", { name: "Account" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await judge(page, "patient-account");
  await page.getByRole("link", { name: /Sign-in and safety/ }).click();
  await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeVisible();
  await page.getByRole("link", { name: "Add a code from your phone" }).click();
  await expect(page.getByRole("heading", { name: "Add a code from your phone" })).toBeVisible();
  await judge(page, "patient-enrol-begin");
  const { codes } = await setUpApp(
    page,
    async () => {
      await asIfLater(page, "factors/totp");
      await page.getByRole("button", { name: "Continue" }).click();
      const dialog = page.getByRole("dialog", { name: "Is it still you?" });
      await dialog.getByLabel("Password", { exact: true }).fill("not this one");
      await dialog.getByRole("button", { name: "Confirm" }).click();
      await expect(dialog.getByRole("alert")).toBeVisible();
      await judge(page, "patient-step-up");
      await dialog.getByLabel("Password", { exact: true }).fill(account.password);
      await dialog.getByRole("button", { name: "Confirm" }).click();
    },
    "patient-enrol",
  );
  await expect(page.getByText("10 of 10 recovery codes are left.")).toBeVisible();

  const other = await person(account, { viewport: { width: 390, height: 844 } });
  await test.step("without the phone", async () => {
    await other.signIn();
    await expect(other.page.getByRole("heading", { name: "Open the app on your phone" })).toBeVisible();
    await judge(other.page, "patient-sign-in-code");
    await other.page.getByRole("button", { name: "Use a recovery code instead" }).click();
    await other.page.getByLabel("Recovery code").fill(codes[3]!);
    await other.page.getByRole("button", { name: "Continue" }).click();
    await expect(other.page.getByRole("button", { name: "Sign out" })).toBeVisible();
  });

  await test.step("the other device is seen, told of and signed out", async () => {
    await page.reload();
    await expect(page.getByText("9 of 10 recovery codes are left.")).toBeVisible();
    await expect(page.getByText("A recovery code was used")).toBeVisible();
    await judge(page, "patient-security");
    await page.getByRole("button", { name: /^Sign out there/ }).click();
    await expect(page.getByText("You are signed in nowhere else.")).toBeVisible();
    expect((await other.request("GET", "/api/v1/session")).status).toBe(401);
  });

  await test.step("a new password", async () => {
    await page.getByRole("link", { name: "Change password" }).click();
    await judge(page, "patient-change-password");
    await page.getByLabel("Password you have now", { exact: true }).fill(account.password);
    await page.getByLabel("New password", { exact: true }).fill("password");
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByLabel("New password", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await page.getByLabel("New password", { exact: true }).fill("seven calm herons wade");
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByRole("heading", { name: "Your password is changed" })).toBeVisible();
  });

  await test.step("who looked at the record", async () => {
    await page.goto("/account/record");
    await expect(page.getByRole("heading", { name: "Who looked at my record" })).toBeVisible();
    await page.getByRole("checkbox", { name: "Also show what I did myself" }).check();
    await expect(page.getByText("You", { exact: true }).first()).toBeVisible();
    await judge(page, "patient-record");
  });

  await test.step("family access asks one thing at a time", async () => {
    await page.goto("/account/family");
    await expect(page.getByText("Nobody has access")).toBeVisible();
    await judge(page, "patient-family");
    await page.getByRole("link", { name: "Give somebody access" }).click();
    await page.getByLabel("Their email").fill("nobody@demo.example");
    await judge(page, "patient-family-who");
    await page.getByRole("button", { name: "Continue" }).click();
    await judge(page, "patient-family-what");
    await page.getByRole("button", { name: "Continue" }).click();
    await judge(page, "patient-family-until");
    await page.getByRole("button", { name: "Give access" }).click();
    await expect(page.getByRole("alert")).toContainText("could not give access");
  });
});
