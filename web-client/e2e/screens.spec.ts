import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { accountOf, cast, expect, test, withClinic } from "./clinic";
import { admit, join, openChat, say } from "./steps";

withClinic();

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

/**
 * Judges the page as it stands, in both themes and at both sizes, and leaves a picture of each in
 * test-results/screens. `target-size` is off by default in axe; options() replaces tag choices, so
 * nothing else may be chosen with it.
 */
async function judge(page: Page, name: string): Promise<void> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      const label = `${name}-${size.width}-${colorScheme}`;
      await page.screenshot({ path: `test-results/screens/${label}.png`, fullPage: true });
      const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
      for (const { id, nodes } of violations) found.push(`${label}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (sideways > 0) found.push(`${label}: scrolls ${sideways} px sideways`);
    }
  }
  await page.setViewportSize(SIZES[0]);
  expect.soft(found, name).toEqual([]);
}

test("every screen of a visit is usable by everybody, in both themes and sizes", async ({ person }) => {
  test.setTimeout(600_000);
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const clinician = await person(accounts.clinician);
  const { page } = patient;
  const heading = (name: string | RegExp) => page.getByRole("heading", { name });
  const go = () => page.getByRole("button", { name: "Continue", exact: true }).click();

  await page.goto("/");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await judge(page, "patient-sign-in");
  await patient.signIn();
  await expect(page.getByRole("button", { name: "Start check" })).toBeVisible();
  await judge(page, "patient-home");
  await page.goto(`/visits/${visit.id}`);
  await page.getByRole("button", { name: "Start check" }).click();
  await expect(page.getByText("Your camera works")).toBeVisible();
  await judge(page, "patient-check-camera");
  await go();
  await expect(page.getByText("We hear you well")).toBeVisible();
  await judge(page, "patient-check-microphone");
  await go();
  await expect(heading("Your connection is ready")).toBeVisible();
  await judge(page, "patient-check-connection");
  await go();
  await expect(page.getByRole("checkbox")).toBeVisible();
  await judge(page, "patient-consent");
  await page.getByRole("checkbox").check();
  await go();
  await expect(page.getByRole("button", { name: "Check in", exact: true })).toBeVisible();
  await judge(page, "patient-check-in");
  await page.getByRole("button", { name: "Check in", exact: true }).click();
  await expect(heading("You are checked in")).toBeVisible();
  await judge(page, "patient-waiting");

  await clinician.page.goto("/staff/");
  await expect(clinician.page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await judge(clinician.page, "staff-sign-in");
  await clinician.signIn();
  await expect(clinician.page.getByRole("button", { name: "Admit" }).first()).toBeVisible();
  await judge(clinician.page, "clinician-today");
  await admit(clinician, visit);
  await expect(clinician.page.getByRole("button", { name: "Join visit" })).toBeVisible();
  await judge(clinician.page, "clinician-visit-admitted");
  await expect(page.getByRole("button", { name: "Join visit" })).toBeVisible();
  await judge(page, "patient-admitted");
  await join(clinician);
  await join(patient);
  await expect(clinician.page.getByLabel(`Video of ${visit.patient.display_name}`)).toBeVisible();
  await openChat(clinician);
  await say(clinician, "Good morning! Can you hear me?");
  await judge(clinician.page, "clinician-call");
  await expect(page.getByLabel(`Picture of ${visit.clinician.display_name}`)).toBeVisible();
  await judge(page, "patient-call");
  await openChat(patient);
  await judge(page, "patient-call-chat");
  await clinician.page.getByRole("button", { name: "End visit" }).click();
  await expect(clinician.page.getByRole("dialog")).toBeVisible();
  await judge(clinician.page, "clinician-ending");
  await clinician.page.getByRole("dialog").getByRole("button", { name: "End visit" }).click();
  await expect(heading("Your visit is finished")).toBeVisible();
  await judge(page, "patient-finished");
  await expect(clinician.page.getByRole("heading", { name: "The visit has ended" })).toBeVisible();
  await judge(clinician.page, "clinician-finished");
});

test("every screen of the clinic's staff is usable by everybody, in both themes and sizes", async ({ person }) => {
  test.setTimeout(300_000);
  const coordinator = await person(accountOf("coordinator"));
  await coordinator.signIn();
  await expect(coordinator.page.getByRole("heading", { name: /Waiting/ })).toBeVisible();
  await judge(coordinator.page, "coordinator-board");
  await coordinator.page.goto("/staff/book");
  await expect(coordinator.page.getByRole("button", { name: "Book visit" })).toBeVisible();
  await judge(coordinator.page, "coordinator-book");
  await coordinator.page.goto("/staff/no-such-page");
  await expect(coordinator.page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  await judge(coordinator.page, "staff-no-such-page");

  const admin = await person(accountOf("clinic_admin"));
  await admin.signIn();
  await expect(admin.page.getByRole("region", { name: "Accounts" }).getByRole("row")).not.toHaveCount(1);
  await judge(admin.page, "admin-accounts");
  await admin.page.goto("/staff/audit");
  await expect(admin.page.getByRole("region", { name: "Audit entries" })).toBeVisible();
  await judge(admin.page, "admin-audit");
});
