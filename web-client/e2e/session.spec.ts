import { accountOf, cast, clinic, expect, test, withClinic } from "./clinic";
import { arrive } from "./steps";

withClinic();

for (const [who, door] of [
  ["patient", "/"],
  ["clinician", "/staff/"],
] as const) {
  test(`a wrong password and an unknown address get the same answer (${who})`, async ({ person }) => {
    const account = accountOf(who);
    const answers: string[] = [];
    for (const attempt of [
      { ...account, password: "not the password" },
      { ...account, email: "nobody@nowhere.example" },
    ]) {
      const { page } = await person(attempt);
      await page.goto(door);
      await page.getByLabel(/^e-?mail/i).fill(attempt.email);
      await page.getByRole("textbox", { name: "Password" }).fill(attempt.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      const alert = page.getByRole("alert").filter({ hasText: /./ });
      await expect(alert.first()).toBeVisible();
      answers.push((await alert.allInnerTexts()).join(" "));
      await expect(page.getByLabel(/^e-?mail/i)).toHaveValue(attempt.email);
    }
    expect(answers[0]).toMatch(/password/i);
    expect(answers[1]).toBe(answers[0]);
  });
}

test("each role starts at its own work", async ({ person }) => {
  for (const [role, address] of [
    ["clinician", /\/staff\/today$/],
    ["coordinator", /\/staff\/board$/],
    ["clinic_admin", /\/staff\/accounts$/],
  ] as const) {
    const one = await person(accountOf(role));
    await one.signIn("/staff/");
    await expect(one.page).toHaveURL(address);
  }
});

test("a patient at the staff door, and staff at the patients' door, are shown the way", async ({ person }) => {
  const patient = await person(accountOf("patient"));
  await patient.signIn("/staff/");
  await patient.page.getByRole("link", { name: "Go to your visits" }).click();
  await expect(patient.page).toHaveURL(`${clinic().origin}/`);
  await expect(patient.page.getByRole("button", { name: "Sign out" })).toBeVisible();

  const staff = await person(accountOf("coordinator"));
  await staff.signIn("/");
  await staff.page.getByRole("link", { name: /clinic’s page/ }).click();
  await expect(staff.page).toHaveURL(/\/staff\/board$/);
});

test("signing out ends the session at the server, for every tab", async ({ person }) => {
  const clinician = await person(accountOf("clinician"));
  await clinician.signIn();
  const tab = await clinician.secondTab();
  await tab.goto("/staff/today");
  await expect(tab.getByRole("heading", { name: "Waiting room" })).toBeVisible();
  const before = await clinician.context.cookies();
  await clinician.page.getByRole("button", { name: "Account" }).click();
  await clinician.page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(clinician.page.getByRole("button", { name: "Sign in" })).toBeVisible();
  expect((await clinician.request("GET", "/api/v1/waiting-room")).status).toBe(401);

  await test.step("a kept cookie opens nothing", async () => {
    await clinician.context.addCookies(before);
    expect((await clinician.request("GET", "/api/v1/waiting-room")).status).toBe(401);
  });
  await test.step("the other tab asks to sign in as well", async () => {
    await tab.reload();
    await expect(tab.getByRole("button", { name: "Sign in" })).toBeVisible();
  });
});

test("a session that ends while somebody works asks to sign in and goes on at the same place", async ({ person }) => {
  const coordinator = await person(accountOf("coordinator"));
  await coordinator.signIn();
  await coordinator.page.goto("/staff/book");
  await expect(coordinator.page.getByRole("heading", { name: "Book a visit" })).toBeVisible();
  // What an ended session looks like to a browser: the server no longer knows the secret.
  const cookie = (await coordinator.context.cookies()).find(({ name }) => name === "__Host-bedside");
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Strict", path: "/" });
  await coordinator.context.addCookies([{ ...cookie!, value: "0".repeat(cookie!.value.length) }]);
  await coordinator.page.getByRole("textbox", { name: "Patient" }).fill("An");
  await expect(coordinator.page.getByText("Your session ended")).toBeVisible();
  await coordinator.page.getByLabel("Email").fill(coordinator.account.email);
  await coordinator.page.getByRole("textbox", { name: "Password" }).fill(coordinator.account.password);
  await coordinator.page.getByRole("button", { name: "Sign in" }).click();
  await expect(coordinator.page.getByRole("heading", { name: "Book a visit" })).toBeVisible();
  await expect(coordinator.page).toHaveURL(/\/staff\/book$/);
});

test("a patient whose session ends while waiting keeps the place", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  await patient.signIn();
  await arrive(patient, visit);
  await patient.context.clearCookies();
  await patient.page.reload();
  await patient.page.getByLabel("Email").fill(patient.account.email);
  await patient.page.getByRole("textbox", { name: "Password" }).fill(patient.account.password);
  await patient.page.getByRole("button", { name: "Sign in" }).click();
  await expect(patient.page.getByRole("heading", { name: "You are checked in" })).toBeVisible();
});
