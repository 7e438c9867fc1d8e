import { expect, type Page, test } from "@playwright/test";
import { Clinic } from "./browser";
import { accounts, thirdParties } from "./fixtures";
import { worldOf } from "./handlers";

/** A Monday morning in New York. */
const NOW = Date.parse("2026-11-23T15:12:00Z");
/** More stops than any screen has; a control that is not reached by then is not reachable. */
const MAX_STOPS = 60;

/** Presses Tab until a control with this role and name has the focus. */
async function tabTo(page: Page, role: "button" | "link" | "textbox" | "menuitem", name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true }).first();
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab never reaches the ${role} "${name}"`);
}

test("the keyboard alone signs in, admits, ends the visit and signs out", async ({ context }) => {
  const clinic = await Clinic.open(context, worldOf(null, NOW));
  const { page } = clinic;
  await page.clock.setFixedTime(NOW);
  await clinic.goto("/");
  await tabTo(page, "textbox", "Email");
  await page.keyboard.type(accounts.clinician.email);
  await tabTo(page, "textbox", "Password");
  await page.keyboard.type("right");
  await page.keyboard.press("Enter");

  await expect(page.getByRole("heading", { name: "Waiting room" })).toBeVisible();
  await tabTo(page, "button", "Admit");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Join visit" })).toBeVisible();
  await expect(page.locator("#main")).toBeFocused();

  await tabTo(page, "button", "End visit");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Go on with the visit" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: "End visit" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Go on with the visit" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "The visit has ended" })).toBeVisible();

  await page.keyboard.press("Control+Home");
  await tabTo(page, "button", "Account");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Sign in to your clinic" })).toBeVisible();
});

test("the first stop leads past the header", async ({ context }) => {
  const clinic = await Clinic.open(context, worldOf(accounts.coordinator, NOW));
  await clinic.goto("/board");
  await expect(clinic.page.getByRole("heading", { name: "Board" })).toBeVisible();
  await clinic.page.keyboard.press("Tab");
  await expect(clinic.page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await clinic.page.keyboard.press("Enter");
  await expect(clinic.page.locator("#main")).toBeFocused();
});

test("the keyboard alone lets in, removes after asking, and locks the room", async ({ context }) => {
  const world = worldOf(accounts.clinician, NOW, { invited: [...thirdParties] });
  const clinic = await Clinic.open(context, world);
  const { page } = clinic;
  await page.clock.setFixedTime(NOW);
  await clinic.goto("/visits/visit-amina");
  await tabTo(page, "button", "Admit");
  await page.keyboard.press("Enter");
  await tabTo(page, "button", "Let Amina’s daughter Efua in");
  await page.keyboard.press("Enter");
  await expect(page.getByText("asks to join.")).toBeHidden();

  await tabTo(page, "button", "People");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Close" })).toBeFocused();
  await tabTo(page, "button", "Remove Dr Chidi Okafor");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Keep Dr Chidi Okafor in" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: /^Remove/ })).toBeHidden();
  await expect.poll(() => world.seen).toContain("POST /api/v1/visits/visit-amina/participants/account-okafor/remove");
  await expect(page.getByRole("button", { name: "Remove Dr Chidi Okafor" })).toBeFocused();
  await tabTo(page, "button", "Lock room");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Unlock room" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: "People" })).toBeFocused();
});
