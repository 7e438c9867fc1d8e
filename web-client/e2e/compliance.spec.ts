import { readFile } from "node:fs/promises";
import type { Patient } from "../shared/api/types";
import { Api, expectOk } from "./api";
import { accountOf, cast, clinic, expect, test, withClinic } from "./clinic";
import { judge } from "./judge";
import { asIfLater } from "./steps";

withClinic();

const REASON = "Found unconscious at the bus stop, allergies unknown";

test("glass is broken with a reason, told, reported and reviewed; a care team opens the record without it", async ({ person }) => {
  test.setTimeout(400_000);
  const { desk } = await cast();
  const born = { display_name: "Noor Haddad", date_of_birth: "1971-02-03", sex: "female" };
  const patient = expectOk(await desk.post<Patient>("/api/v1/patients", born, { "Idempotency-Key": crypto.randomUUID() }));
  const clinician = await person(accountOf("clinician", 1));
  const { page } = clinician;

  await test.step("a clinician reaches somebody else’s patient in an emergency only", async () => {
    await clinician.signIn();
    await page.getByRole("link", { name: "Patients" }).click();
    await page.getByLabel("Patient number").fill(patient.id.slice(0, 20));
    await page.getByRole("button", { name: "Open" }).click();
    await expect(page.getByText("The whole number, 36 characters")).toBeVisible();
    await judge(page, "clinician-patients");
    await page.getByLabel("Patient number").fill(patient.id);
    await page.getByRole("button", { name: "Open" }).click();
    await expect(page.getByText("This patient is not in your care")).toBeVisible();
    await page.getByRole("button", { name: "Emergency access…" }).click();
    const dialog = page.getByRole("dialog", { name: "Open this record in an emergency?" });
    await dialog.getByLabel("Why can it not wait?").fill("Need to see it");
    await dialog.getByRole("button", { name: "Open the record" }).click();
    await expect(dialog.getByText("6 more characters, please.")).toBeVisible();
    await judge(page, "clinician-break-glass");
    await dialog.getByLabel("Why can it not wait?").fill(REASON);
    await dialog.getByRole("button", { name: "Open the record" }).click();
    await expect(page.getByRole("heading", { name: "Noor Haddad" })).toBeVisible();
    await expect(page.getByText(/\d+ minutes left\. Everything you open is marked/)).toBeVisible();
    await page.reload();
    await expect(page.getByText(/\d+ minutes left/)).toBeVisible();
    await judge(page, "clinician-glass");
  });

  const officer = await person(accountOf("compliance"));
  await test.step("compliance reviews it once", async () => {
    const review = officer.page;
    await officer.signIn();
    await review.getByRole("link", { name: "Emergency access" }).click();
    await expect(review.getByText(REASON)).toBeVisible();
    await judge(review, "compliance-reviews");
    await review.getByRole("button", { name: "Review…" }).click();
    const dialog = review.getByRole("dialog", { name: "Review this emergency access" });
    await dialog.getByRole("button", { name: "Record review" }).click();
    await expect(dialog.getByText("Choose one.")).toBeVisible();
    await judge(review, "compliance-review");
    await dialog.getByLabel("Yes, it was justified").check();
    await dialog.getByLabel("Note").fill("Ambulance record seen.");
    await dialog.getByRole("button", { name: "Record review" }).click();
    await expect(review.getByText("Nothing waits for a review")).toBeVisible();
    await review.getByText("Justified", { exact: true }).click();
    await expect(review.getByText("Ambulance record seen.")).toBeVisible();
  });

  await test.step("the report is read and taken out, after a fresh proof", async () => {
    const reports = officer.page;
    await reports.getByRole("link", { name: "Reports" }).click();
    const rows = reports.getByRole("region", { name: "Report entries" }).getByRole("row");
    await expect(rows.filter({ hasText: /break glass/i }).first()).toBeVisible();
    await judge(reports, "compliance-report");
    await asIfLater(reports, "audit-reports/break-glass/export");
    await reports.getByRole("button", { name: "Download" }).click();
    await reports.getByRole("menuitem", { name: "Table (CSV)" }).click();
    const dialog = reports.getByRole("dialog", { name: "Is it still you?" });
    await dialog.getByRole("textbox", { name: "Password" }).fill(officer.account.password);
    const saved = reports.waitForEvent("download");
    await dialog.getByRole("button", { name: "Confirm" }).click();
    const file = await saved;
    expect(file.suggestedFilename()).toMatch(/\.csv$/);
    expect(await readFile(await file.path(), "utf8")).toContain(patient.id);
    const signature = reports.waitForEvent("download");
    await reports.getByRole("button", { name: "Save its signature" }).click();
    expect(JSON.parse(await readFile(await (await signature).path(), "utf8"))).toMatchObject({ algorithm: "Ed25519" });
    await reports.getByRole("combobox", { name: "Report" }).click();
    await reports.getByRole("option", { name: "By person" }).click();
    await expect(reports.getByText("Which person?")).toBeVisible();
    await judge(reports, "compliance-report-by-person");
  });

  await test.step("the log is narrowed to a person and an action", async () => {
    const log = officer.page;
    await log.getByRole("link", { name: "Audit log" }).click();
    const rows = log.getByRole("region", { name: "Audit entries" }).locator("tbody tr");
    await rows.getByRole("button", { name: "Dr Chidi Okafor" }).first().click();
    await expect(log.getByText("Only what Dr Chidi Okafor did")).toBeVisible();
    await expect(rows.getByRole("button", { name: "Paula Ruiz" })).toHaveCount(0);
    await log.getByLabel("Action").fill("break");
    await expect(rows.filter({ hasNotText: /break glass/i })).toHaveCount(0);
    await expect(rows).not.toHaveCount(0);
    await judge(log, "compliance-audit");
  });

  await test.step("a place in the care team needs no glass", async () => {
    const coordinator = await person(accountOf("coordinator"));
    const chart = coordinator.page;
    await coordinator.signIn();
    await chart.getByRole("link", { name: "Patients" }).click();
    await chart.getByRole("textbox", { name: "Patient" }).fill("Noor");
    await chart.getByRole("option", { name: /Noor Haddad/ }).click();
    await expect(chart.getByText("Nobody yet. Clinicians reach this patient through appointments only.")).toBeVisible();
    await chart.getByRole("button", { name: "Add to the care team" }).click();
    const dialog = chart.getByRole("dialog", { name: "Add to the care team" });
    await dialog.getByRole("combobox", { name: "Clinician" }).click();
    await chart.getByRole("option", { name: /Mina Lee/ }).click();
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await expect(chart.getByRole("button", { name: "End the place of Dr Mina Lee" })).toBeVisible();
    await judge(chart, "coordinator-patient");
    await chart.getByRole("button", { name: "Give access on documents" }).click();
    const grant = chart.getByRole("dialog", { name: "Give access on documents" });
    await grant.getByLabel("Their email").fill("nobody@demo.example");
    await grant.getByLabel("Documents seen").fill("Birth certificate of 2019");
    await grant.getByRole("button", { name: "Give access" }).click();
    await expect(grant.getByRole("alert")).toContainText("No family member");
    await judge(chart, "coordinator-family-access");

    const colleague = await person(accountOf("clinician"));
    await colleague.signIn();
    await colleague.page.goto(`/staff/patients/${patient.id}`);
    await expect(colleague.page.getByRole("heading", { name: "Noor Haddad" })).toBeVisible();
    await expect(colleague.page.getByText("Emergency access:")).toHaveCount(0);
  });
});

test("an admin shuts an account, which ends what its owner does, and opens it again", async ({ person }) => {
  const owner = await person(accountOf("coordinator"));
  await owner.signIn();
  const admin = await person(accountOf("clinic_admin"));
  const { page } = admin;
  await admin.signIn();
  const act = async (item: string, button: string): Promise<void> => {
    await page.getByRole("button", { name: "Actions for Paula Ruiz" }).click();
    await page.getByRole("menuitem", { name: item }).click();
    await page.getByRole("dialog").getByRole("button", { name: button }).click();
  };
  await asIfLater(page, "accounts/*/disable");
  await act("Shut account…", "Shut account");
  const proof = page.getByRole("dialog", { name: "Is it still you?" });
  await proof.getByRole("textbox", { name: "Password" }).fill(admin.account.password);
  await judge(page, "admin-shut-account");
  await proof.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("The account of Paula Ruiz is shut.")).toBeVisible();
  await expect(owner.page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await act("Open account again…", "Open account");
  await expect(page.getByText("Paula Ruiz can sign in again.")).toBeVisible();
  await owner.signIn();
});

test("a patient gives a family member access, who sees and calls off a visit until it is taken back", async ({ person }) => {
  test.setTimeout(300_000);
  const { visit, ...accounts } = await cast();
  const desk = await Api.signIn(clinic().origin, accounts.admin);
  const family = { role: "patient", email: "kofi@family.example", password: "nine quiet otters drift" };
  const made = { email: family.email, display_name: "Kofi Osei", roles: ["family_member"], password: family.password };
  expectOk(await desk.post("/api/v1/accounts", made, { "Idempotency-Key": crypto.randomUUID() }));
  const kofi = await person(family);
  await kofi.signIn();
  await expect(kofi.page.getByText("Nobody has given you access")).toBeVisible();
  await judge(kofi.page, "family-nobody");

  const patient = await person(accounts.patient);
  const { page } = patient;
  await patient.signIn();
  await page.goto("/account/family/new");
  await page.getByLabel("Their email").fill(family.email);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("See and call off").click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("Until a day I choose").click();
  await page.getByRole("button", { name: "Give access" }).click();
  await expect(page.getByText("Choose a day from today on.")).toBeVisible();
  await page.getByLabel("Last day").fill("2099-12-31");
  await page.getByRole("button", { name: "Give access" }).click();
  await expect(page.getByText("Kofi Osei", { exact: true })).toBeVisible();
  await judge(page, "patient-family-given");

  await kofi.page.reload();
  const shown = kofi.page.getByRole("region", { name: visit.patient.display_name });
  await expect(shown.getByText(visit.clinician.display_name).first()).toBeVisible();
  await judge(kofi.page, "family-home");
  await shown.getByRole("link", { name: "Who looked at this record" }).click();
  await expect(kofi.page.getByText(visit.patient.display_name).first()).toBeVisible();
  await judge(kofi.page, "family-record");
  await kofi.page.goto("/");
  await shown.getByRole("button", { name: /^Call off/ }).first().click();
  const dialog = kofi.page.getByRole("dialog", { name: "Call off this visit?" });
  await dialog.getByLabel("Why?").fill("She has a fever and sleeps");
  await judge(kofi.page, "family-call-off");
  await dialog.getByRole("button", { name: "Call off" }).click();
  await expect(dialog).toBeHidden();

  await page.getByRole("button", { name: /^Take back/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
  await expect(page.getByText("Nobody has access")).toBeVisible();
  await kofi.page.reload();
  await expect(kofi.page.getByText("Nobody has given you access")).toBeVisible();
});
