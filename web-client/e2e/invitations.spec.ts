import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Api } from "./api";
import { cast, clinic, expect, test, withClinic } from "./clinic";
import { inviteGuest, openPeople, passCheck } from "./guests";
import { received } from "./media";
import { admitAndJoin, arrive, expectMediaBothWays, join } from "./steps";

withClinic();

const NAME = "Amina’s daughter";
const GUEST = { role: "guest", email: "", password: "" };

/** Nothing an assistive technology stumbles over. */
async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
  expect.soft(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}

test("a guest is invited, knocks, is let in and announced; all three see and hear each other until the invitation is taken back", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const clinician = await person(accounts.clinician);
  await patient.signIn();
  await arrive(patient, visit);
  await clinician.signIn();
  await admitAndJoin(clinician, visit);
  await join(patient);
  const link = await inviteGuest(clinician, NAME, "family");
  expect(new URL(link).origin).toBe(clinic().origin);

  const guest = await person(GUEST);
  const secret = new URL(link).hash.slice(1);
  const urls: string[] = [];
  guest.context.on("request", (request) => urls.push(request.url()));
  await test.step("the guest opens the link, passes the check and knocks", async () => {
    await guest.page.goto(link);
    await expect(guest.page.getByRole("heading", { name: "You are invited to a video visit" })).toBeVisible();
    await expect(guest.page.getByText(visit.patient.display_name)).toBeHidden();
    await accessible(guest.page);
    await passCheck(guest.page);
    await accessible(guest.page);
    await guest.page.getByRole("button", { name: "Ask to join" }).click();
    await expect(guest.page.getByRole("heading", { name: "Please wait a moment" })).toBeVisible();
    await accessible(guest.page);
  });

  await test.step("the clinician is told at once, and lets the guest in", async () => {
    await expect(clinician.page.getByRole("log", { name: "Asking to join" })).toContainText(NAME);
    await clinician.page.getByRole("button", { name: `Let ${NAME} in` }).click();
    await expect(guest.page.getByRole("heading", { name: "You can come in" })).toBeVisible();
    await accessible(guest.page);
  });

  await test.step("patient and clinician read who joined", async () => {
    await join(guest);
    for (const { page } of [patient, clinician]) {
      await expect(page.getByRole("log", { name: "Who comes and goes" })).toContainText(`${NAME} joined`);
    }
    await expect(patient.page.getByLabel(`Picture of ${NAME}`)).toBeVisible();
    await expect(clinician.page.getByLabel(`Video of ${NAME}`)).toBeVisible();
    await expect(guest.page.getByLabel(`Picture of ${visit.patient.display_name}`)).toBeVisible();
    await expect(guest.page.getByLabel(`Picture of ${visit.clinician.display_name}`)).toBeVisible();
  });

  await test.step("all three see and hear both others", async () => {
    await expectMediaBothWays(patient, clinician, guest);
    for (const { page, account } of [patient, clinician, guest]) {
      await expect.poll(async () => (await received(page)).videoTracks, { message: `pictures at the ${account.role}` }).toBeGreaterThanOrEqual(2);
    }
  });

  await test.step("taken back, the guest is out at once and the link opens nothing", async () => {
    await openPeople(clinician);
    await accessible(clinician.page);
    await clinician.page.getByRole("button", { name: `Take back the invitation of ${NAME}` }).click();
    const since = Date.now();
    await clinician.page.getByRole("dialog", { name: new RegExp(NAME) }).getByRole("button", { name: "Take back" }).click();
    await expect(guest.page.getByRole("button", { name: "Mute microphone" })).toBeHidden();
    test.info().annotations.push({ type: "out of the call after", description: `${Date.now() - since} ms` });
    await expect(guest.page.getByRole("heading", { name: "The visit is over for you" })).toBeVisible();
    await expect(patient.page.getByRole("log", { name: "Who comes and goes" })).toContainText(`${NAME} left`);
    await expect(patient.page.getByLabel(`Picture of ${NAME}`)).toBeHidden();
    const again = await guest.context.newPage();
    await again.goto(link);
    await expect(again.getByRole("heading", { name: "This invitation is not valid" })).toBeVisible();
  });

  expect(urls.filter((url) => url.includes(secret))).toEqual([]);
  const admin = await Api.signIn(clinic().origin, accounts.admin);
  const actions = (await admin.audit(visit.patient.id)).map(({ action, resource_type }) => `${action} ${resource_type}`);
  for (const act of ["create invitation", "read invitation", "knock invitation", "admit invitation", "join invitation", "revoke invitation"]) {
    expect(actions, act).toContain(act);
  }
});
