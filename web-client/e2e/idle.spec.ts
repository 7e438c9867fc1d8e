import type { Page, Request } from "@playwright/test";
import { Api } from "./api";
import { accountOf, cast, clinic, expect, test, withClinic } from "./clinic";
import { judge } from "./judge";
import { arrive } from "./steps";

withClinic();

const isBackground = (request: Request): boolean => request.headers()["bedside-background"] === "1";

/**
 * The server's session as it is, but with so many seconds left as are set: nobody waits fifteen
 * minutes. An answer to a person is always the server's own, because it prolongs the session.
 */
async function lessLeft(page: Page): Promise<(seconds: number | undefined) => void> {
  let left: number | undefined;
  await page.route("**/api/v1/session", async (route) => {
    const seconds = left;
    if (seconds === undefined || !isBackground(route.request())) return route.continue();
    const answer = await route.fetch();
    if (answer.status() !== 200) return route.fulfill({ response: answer });
    const now = Date.parse(answer.headers()["date"] ?? "");
    return route.fulfill({ response: answer, json: { ...(await answer.json()), idle_expires_at: new Date(now + seconds * 1_000).toISOString() } });
  });
  return (seconds) => {
    left = seconds;
  };
}

test("a page nobody uses warns, asks to sign in over a cleared screen, and gives back what was being written", async ({ person }) => {
  test.setTimeout(300_000);
  const { visit, coordinator: account } = await cast();
  const coordinator = await person(account);
  const { page } = coordinator;
  await page.clock.install();
  const secondsLeft = await lessLeft(page);
  await coordinator.signIn();
  await page.getByRole("link", { name: "Book a visit" }).click();
  await page.getByRole("textbox", { name: "Patient" }).fill(visit.patient.display_name);
  await page.getByRole("option", { name: visit.patient.display_name }).first().click();
  await page.getByLabel("Reason").fill("Dizzy since Monday");
  const warning = page.getByRole("alertdialog", { name: "Are you still there?" });

  await test.step("the warning goes with one key, and only that counts as a person", async () => {
    secondsLeft(100);
    const looked = page.waitForRequest((request) => request.url().endsWith("/api/v1/session") && isBackground(request));
    await page.clock.fastForward("13:30");
    await looked;
    await expect(warning.getByRole("timer")).toContainText(/1:[0-3]\d/);
    await expect(warning.getByRole("button", { name: "I am still here" })).toBeFocused();
    await judge(page, "staff-idle");
    const told = page.waitForRequest((request) => request.url().endsWith("/api/v1/session") && !isBackground(request));
    await page.keyboard.press("Escape");
    await told;
    await expect(warning).toBeHidden();
    await expect(page.getByLabel("Reason")).toHaveValue("Dizzy since Monday");
  });

  await test.step("at the end nothing of a patient is on the screen", async () => {
    secondsLeft(110);
    await page.clock.fastForward("13:30");
    await expect(warning).toBeVisible();
    secondsLeft(undefined);
    // The server ends it; the page finds that out by itself when its time has come.
    const elsewhere = await Api.signIn(clinic().origin, account);
    expect((await elsewhere.delete("/api/v1/sessions")).status).toBe(204);
    await page.clock.fastForward("02:00");
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await expect(page.getByRole("alertdialog")).toHaveCount(0);
    expect(await page.content()).not.toContain(visit.patient.display_name);
    expect(await page.content()).not.toContain("Dizzy");
  });

  const signInAs = async ({ email, password }: { email: string; password: string }): Promise<void> => {
    await page.getByLabel("Email").fill(email);
    await page.getByRole("textbox", { name: "Password" }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Book a visit" })).toBeVisible();
  };
  await test.step("somebody else at the same browser finds an empty form", async () => {
    await signInAs(accountOf("clinic_admin"));
    await expect(page.getByLabel("Reason")).toHaveValue("");
    await page.context().clearCookies();
    await page.reload();
  });

  await test.step("its writer finds it again", async () => {
    await signInAs(account);
    await expect(page.getByText("This is what you had typed before your session ended.")).toBeVisible();
    await expect(page.getByLabel("Reason")).toHaveValue("Dizzy since Monday");
    await expect(page.getByRole("textbox", { name: "Patient" })).toHaveValue(visit.patient.display_name);
    await judge(page, "staff-book-restored");
  });

  await test.step("signing out leaves nothing", async () => {
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await signInAs(account);
    await expect(page.getByLabel("Reason")).toHaveValue("");
    await expect(page.getByText("This is what you had typed")).toHaveCount(0);
  });
});

test("a patient’s page is watched alike, but whoever waits for the visit is there", async ({ person }) => {
  test.setTimeout(300_000);
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const { page } = patient;
  await page.clock.install();
  const secondsLeft = await lessLeft(page);
  await patient.signIn();
  await expect(page.getByRole("button", { name: "Start check" })).toBeVisible();
  const read = page.waitForRequest((request) => /\/api\/v1\/visits\?/.test(request.url()) && isBackground(request));
  await page.clock.fastForward("01:05");
  await read;
  secondsLeft(100);
  await page.clock.fastForward("13:00");
  const warning = page.getByRole("alertdialog", { name: "Are you still there?" });
  await expect(warning).toBeVisible();
  await judge(page, "patient-idle");
  await page.keyboard.press("Enter");
  await expect(warning).toBeHidden();

  secondsLeft(undefined);
  await arrive(patient, visit);
  const sweep = page.waitForRequest((request) => request.url().endsWith(`/api/v1/visits/${visit.id}`) && request.method() === "GET");
  await page.clock.fastForward("14:00");
  expect(isBackground(await sweep)).toBe(false);
  await expect(page.getByRole("heading", { name: "You are checked in" })).toBeVisible();
  await expect(warning).toHaveCount(0);
});
