import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type BrowserContext } from "@playwright/test";
import { Clinic } from "./browser";
import { accounts, invitationAt, thirdParties } from "./fixtures";
import { worldOf, type World } from "./handlers";

/** A Monday morning in New York. */
const NOW = Date.parse("2026-11-23T15:12:00Z");

interface Screen {
  readonly name: string;
  readonly path: string;
  readonly world: () => World;
  /** Brings the page to the state to look at; by default it waits for the heading. */
  readonly prepare?: (clinic: Clinic) => Promise<void>;
}

const ready = async ({ page }: Clinic): Promise<void> => {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
};

const SCREENS: readonly Screen[] = [
  { name: "sign-in", path: "/", world: () => worldOf(null, NOW) },
  {
    name: "sign-in-refused",
    path: "/",
    world: () => worldOf(null, NOW),
    prepare: async ({ page }) => {
      await page.getByLabel("Email").fill("nobody@clinic.example");
      await page.getByRole("textbox", { name: "Password" }).fill("wrong password");
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("alert")).toContainText("not right");
    },
  },
  { name: "patient-at-the-staff-door", path: "/", world: () => worldOf(accounts.patient, NOW) },
  { name: "today", path: "/", world: () => worldOf(accounts.clinician, NOW) },
  { name: "today-empty", path: "/today", world: () => worldOf(accounts.clinician, NOW, { visits: [] }) },
  {
    name: "today-failing",
    path: "/today",
    world: () => worldOf(accounts.clinician, NOW, { failing: 500 }),
    prepare: async ({ page }) => expect(page.getByText("could not be loaded")).toBeVisible(),
  },
  {
    name: "today-loading",
    path: "/today",
    world: () => worldOf(accounts.clinician, NOW, { silent: true }),
    prepare: async ({ page }) => expect(page.getByLabel("Loading your day")).toBeVisible(),
  },
  {
    name: "today-admitted-by-another",
    path: "/today",
    world: () => worldOf(accounts.clinician, NOW, { admittedBy: "Dr Chidi Okafor" }),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "Admit" }).first().click();
      await expect(page.getByRole("alert")).toContainText("Dr Chidi Okafor admitted");
    },
  },
  { name: "visit-admit", path: "/visits/visit-amina", world: () => worldOf(accounts.clinician, NOW) },
  {
    name: "visit-join",
    path: "/visits/visit-amina",
    world: () => worldOf(accounts.clinician, NOW),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "Admit" }).click();
      await expect(page.getByRole("button", { name: "Join visit" })).toBeVisible();
    },
  },
  {
    name: "visit-ending",
    path: "/visits/visit-amina",
    world: () => worldOf(accounts.clinician, NOW),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "Admit" }).click();
      await page.getByRole("button", { name: "End visit" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  {
    name: "visit-joining",
    path: "/visits/visit-amina",
    world: () => worldOf(accounts.clinician, NOW),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "Admit" }).click();
      await page.getByRole("button", { name: "Join visit" }).click();
      await expect(page.getByText("Joining…")).toBeVisible();
    },
  },
  {
    name: "visit-people",
    path: "/visits/visit-amina",
    world: () => worldOf(accounts.clinician, NOW, { invited: [...thirdParties] }),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "Admit" }).click();
      await expect(page.getByText("asks to join.")).toBeVisible();
      await page.getByRole("button", { name: "People" }).click();
      await expect(page.getByRole("button", { name: "Lock room" })).toBeVisible();
    },
  },
  {
    name: "visit-removing",
    path: "/visits/visit-amina",
    world: () => worldOf(accounts.clinician, NOW, { invited: [...thirdParties] }),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "Admit" }).click();
      await page.getByRole("button", { name: "People" }).click();
      await page.getByRole("button", { name: "Remove Dr Chidi Okafor" }).click();
      await expect(page.getByRole("heading", { name: "Remove Dr Chidi Okafor from the call?" })).toBeVisible();
    },
  },
  {
    name: "visit-inviting",
    path: "/visits/visit-amina",
    world: () => worldOf(accounts.clinician, NOW),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "People" }).click();
      await page.getByRole("button", { name: "Invite somebody" }).click();
      await page.getByLabel("Name").fill("Amina’s daughter Efua");
    },
  },
  {
    name: "visit-invited-link",
    path: "/visits/visit-amina",
    world: () => worldOf(accounts.clinician, NOW),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "People" }).click();
      await page.getByRole("button", { name: "Invite somebody" }).click();
      await page.getByLabel("Name").fill("Amina’s daughter Efua");
      await page.getByRole("button", { name: "Make link" }).click();
      await expect(page.getByLabel("Send this link to them alone")).toHaveValue(/\/guest#/);
    },
  },
  {
    name: "today-invited",
    path: "/today",
    world: () => worldOf(accounts.clinician, NOW, { invitations: [invitationAt(NOW)] }),
    prepare: async ({ page }) => expect(page.getByText("invites you to the visit")).toBeVisible(),
  },
  {
    name: "invited-door",
    path: "/invited/visit-invited",
    world: () => worldOf(accounts.clinician, NOW, { invitations: [invitationAt(NOW)] }),
    prepare: async ({ page }) => expect(page.getByRole("button", { name: "Join visit" })).toBeVisible(),
  },
  {
    name: "board-people",
    path: "/board",
    world: () => worldOf(accounts.coordinator, NOW, { invited: [...thirdParties] }),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "More actions for Peter Nowak" }).click();
      await page.getByRole("menuitem", { name: "People" }).click();
      await expect(page.getByText("Sam Tran")).toBeVisible();
    },
  },
  { name: "visit-unknown", path: "/visits/nothing", world: () => worldOf(accounts.clinician, NOW) },
  { name: "board", path: "/", world: () => worldOf(accounts.coordinator, NOW) },
  { name: "board-empty", path: "/board", world: () => worldOf(accounts.coordinator, NOW, { visits: [] }) },
  {
    name: "board-cancelling",
    path: "/board",
    world: () => worldOf(accounts.coordinator, NOW),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "More actions for Peter Nowak" }).click();
      await page.getByRole("menuitem", { name: "Cancel visit" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  { name: "book", path: "/book", world: () => worldOf(accounts.coordinator, NOW) },
  {
    name: "book-taken",
    path: "/book",
    world: () => worldOf(accounts.coordinator, NOW, { alternatives: ["2027-11-24T15:00:00Z", "2027-11-24T15:30:00Z", "2027-11-24T17:00:00Z"] }),
    prepare: async (clinic) => {
      await fillBooking(clinic);
      await expect(clinic.page.getByRole("alert")).toContainText("taken");
    },
  },
  {
    name: "book-done",
    path: "/book",
    world: () => worldOf(accounts.coordinator, NOW),
    prepare: async (clinic) => {
      await fillBooking(clinic);
      await expect(clinic.page.getByText("is booked for")).toBeVisible();
    },
  },
  { name: "accounts", path: "/", world: () => worldOf(accounts.clinic_admin, NOW) },
  {
    name: "accounts-new",
    path: "/accounts",
    world: () => worldOf(accounts.clinic_admin, NOW),
    prepare: async ({ page }) => {
      await page.getByRole("button", { name: "New account" }).click();
      await page.getByRole("button", { name: "Create account" }).click();
      await expect(page.getByText("Choose at least one role.")).toBeVisible();
    },
  },
  { name: "audit", path: "/audit", world: () => worldOf(accounts.clinic_admin, NOW) },
  { name: "other-role", path: "/audit", world: () => worldOf(accounts.clinician, NOW) },
];

async function fillBooking({ page }: Clinic): Promise<void> {
  await page.getByRole("textbox", { name: "Patient" }).fill("Amina");
  await page.getByRole("option", { name: /Amina Osei/ }).click();
  await page.getByRole("combobox", { name: "Clinician" }).click();
  await page.getByRole("option", { name: /Mina Lee/ }).click();
  await page.getByLabel("Day").fill("2027-11-24");
  await page.getByLabel("Time").fill("10:00");
  await page.getByLabel("Reason").fill("Blood pressure follow-up");
  await page.getByRole("button", { name: "Book visit" }).click();
}

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

async function judge(context: BrowserContext, screen: Screen, label: string): Promise<void> {
  const clinic = await Clinic.open(context, screen.world());
  const { page } = clinic;
  await page.clock.setFixedTime(NOW);
  await clinic.goto(screen.path);
  await ready(clinic).catch((error: unknown) => {
    if (screen.prepare === undefined) throw error;
  });
  await screen.prepare?.(clinic);
  await expect(page.locator("[data-loading]")).toHaveCount(0);
  await page.screenshot({ path: `test-results/staff-screens/${screen.name}-${label}.png`, fullPage: true });
  const axe = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
  expect(axe.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
  expect(clinic.violations).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, "the page scrolls sideways").toBeLessThanOrEqual(0);
}

for (const scheme of ["light", "dark"] as const) {
  for (const size of SIZES) {
    test.describe(`${scheme}, ${size.width} px`, () => {
      test.use({ colorScheme: scheme, viewport: size, reducedMotion: "reduce", timezoneId: "America/New_York" });
      for (const screen of SCREENS) {
        test(screen.name, async ({ context }) => judge(context, screen, `${size.width}-${scheme}`));
      }
    });
  }
}
