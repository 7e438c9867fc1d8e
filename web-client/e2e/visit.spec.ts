import { expect, test, cast, withClinic } from "./clinic";
import { Api } from "./api";
import { received } from "./media";
import { admit, arrive, boardRow, expectMediaBothWays, expectSaid, join, openChat, say } from "./steps";

withClinic("each test");

test("a first visit from sign-in to the audit log", async ({ person }) => {
  const { visit, admin, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const clinician = await person(accounts.clinician);
  const coordinator = await person(accounts.coordinator);
  const row = boardRow(coordinator.page, visit);
  const joinPath = `/api/v1/visits/${visit.id}/join`;
  let boardLoads = 0;
  coordinator.page.on("load", () => (boardLoads += 1));

  await test.step("the coordinator's board is live and expects the patient", async () => {
    await coordinator.signIn();
    await expect(coordinator.page.getByLabel("Updates")).toHaveText("Live");
    await expect(row).toHaveText(/Expected|Not here yet/);
  });
  const loadsAtStart = boardLoads;

  await test.step("the patient checks in and sees a place", async () => {
    await patient.signIn();
    await expect(patient.page.getByRole("button", { name: "Start check" })).toBeVisible();
    await arrive(patient, visit);
    await expect(patient.page.getByText(/You are next|before you/)).toBeVisible();
    await expect(row).toHaveText(/Ready|Long wait/);
    await expect(row).toContainText("Consent given");
  });

  await test.step("nobody gets a media token before admission", async () => {
    expect(await patient.request("POST", joinPath)).toEqual({ status: 403, code: "not_admitted" });
  });

  await test.step("the clinician admits, both join", async () => {
    await clinician.signIn();
    await expect(clinician.page).toHaveTitle(/waiting/);
    await admit(clinician, visit);
    await expect(row).toContainText("Admitted");
    await join(clinician);
    await join(patient);
    await expect(row).toContainText("In visit");
  });

  await test.step("they see and hear each other", async () => {
    await expectMediaBothWays(patient, clinician);
    await expect(clinician.page.getByLabel(`Video of ${visit.patient.display_name}`)).toBeVisible();
    await expect(patient.page.getByLabel(`Picture of ${visit.clinician.display_name}`)).toBeVisible();
  });

  await test.step("they write to each other", async () => {
    await openChat(patient);
    await openChat(clinician);
    await say(patient, "I can see you well.");
    await expectSaid(clinician, "I can see you well.");
    await say(clinician, "Good. Please hold the diary up.");
    await expectSaid(patient, "Good. Please hold the diary up.");
    await expectSaid(patient, "I can see you well.");
  });

  await test.step("the clinician has the chart beside the picture", async () => {
    await expect(clinician.page.getByRole("region", { name: "Chart" })).toContainText(visit.reason);
  });

  await test.step("a shared screen arrives, and goes away", async () => {
    const before = await received(patient.page);
    await clinician.page.getByRole("button", { name: "Share screen" }).click();
    const screen = patient.page.getByLabel(`Screen of ${visit.clinician.display_name}`);
    await expect(screen).toBeVisible();
    await expect.poll(async () => (await received(patient.page)).videoTracks, { message: "video tracks decoded" }).toBeGreaterThan(before.videoTracks);
    await clinician.page.getByRole("button", { name: /Stop sharing/ }).click();
    await expect(screen).toBeHidden();
  });

  await test.step("muting and stopping the camera are seen", async () => {
    await patient.page.getByRole("button", { name: "Mute microphone" }).click();
    await expect(clinician.page.getByRole("region", { name: "Video" })).toContainText("muted");
    await patient.page.getByRole("button", { name: "Unmute microphone" }).click();
    await expect(clinician.page.getByRole("region", { name: "Video" })).not.toContainText("muted");
    await clinician.page.getByRole("button", { name: "Stop camera" }).click();
    await expect(patient.page.getByLabel(`Picture of ${visit.clinician.display_name}`)).toBeHidden();
    await clinician.page.getByRole("button", { name: "Start camera" }).click();
    await expect(patient.page.getByLabel(`Picture of ${visit.clinician.display_name}`)).toBeVisible();
    await expectMediaBothWays(patient, clinician);
  });

  await test.step("leaving is not ending: the clinician comes back", async () => {
    await clinician.page.getByRole("button", { name: "Leave" }).click();
    await expect(clinician.page.getByRole("heading", { name: "You left the visit" })).toBeVisible();
    await expect(row).toContainText("In visit");
    await join(clinician);
    await expectMediaBothWays(patient, clinician);
  });

  await test.step("the clinician ends the visit for everybody", async () => {
    await clinician.page.getByRole("button", { name: "End visit" }).click();
    await clinician.page.getByRole("dialog").getByRole("button", { name: "End visit" }).click();
    await expect(clinician.page.getByRole("heading", { name: "The visit has ended" })).toBeVisible();
    await expect(patient.page.getByRole("heading", { name: "Your visit is finished" })).toBeVisible();
    await expect(row).toContainText("Completed");
    await expect(clinician.page.getByText("This conversation is closed.")).toBeVisible();
    expect(await patient.request("POST", joinPath)).toMatchObject({ status: 403 });
  });

  await test.step("the board never reloaded", () => {
    expect(boardLoads).toBe(loadsAtStart);
  });

  await test.step("the audit log holds every access", async () => {
    const rows = await (await Api.signIn(clinician.server.origin, admin)).audit(visit.patient.id);
    const of = (accountId: string | null, what: string, outcome: string): number =>
      rows.filter((entry) => entry.actor?.account_id === accountId && `${entry.resource_type} ${entry.action}` === what && entry.outcome === outcome).length;
    const [p, c] = [visit.patient.account_id, visit.clinician.account_id];
    expect(of(p, "visit check_in", "success"), "check-in by the patient").toBe(1);
    expect(of(p, "visit ready", "success"), "set-up by the patient").toBe(1);
    expect(of(p, "consent consent", "success"), "consent by the patient").toBe(1);
    expect(of(p, "visit join", "denied"), "joins refused to the patient, before admission and after the end").toBe(2);
    expect(of(p, "visit join", "success"), "join by the patient").toBe(1);
    expect(of(c, "visit admit", "success"), "admission by the clinician").toBe(1);
    expect(of(c, "visit join", "success"), "both joins by the clinician").toBe(2);
    expect(of(c, "visit complete", "success"), "end by the clinician").toBe(1);
    expect(of(c, "chart read", "success"), "chart read by the clinician").toBeGreaterThan(0);
  });

  await test.step("an admin reads it on the screen", async () => {
    const auditor = await person(admin);
    await auditor.signIn();
    await auditor.page.getByRole("link", { name: "Audit log" }).click();
    await auditor.page.getByRole("textbox", { name: "Patient" }).fill(visit.patient.display_name);
    await auditor.page.getByRole("option", { name: visit.patient.display_name }).click();
    const entries = auditor.page.getByRole("region", { name: "Audit entries" }).getByRole("row");
    await expect(entries.filter({ hasText: visit.clinician.display_name }).filter({ hasText: /admit/i })).toHaveCount(1);
    await expect(entries.filter({ hasText: visit.patient.display_name }).filter({ hasText: "Denied" }).first()).toBeVisible();
  });
});

test("of two people who admit at once, the second is told who was first", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  await patient.signIn();
  await arrive(patient, visit);
  const clinician = await person(accounts.clinician);
  const coordinator = await person(accounts.coordinator);
  await clinician.signIn();
  await coordinator.signIn();
  const button = boardRow(coordinator.page, visit).getByRole("button", { name: "Admit" });
  await expect(button).toBeVisible();
  // The coordinator's board hears nothing of the admission, as in the moment before the push arrives.
  await coordinator.page.route("**/api/v1/waiting-room", (route) => route.abort());
  await admit(clinician, visit);
  await button.click();
  await expect(coordinator.page.getByRole("alert")).toContainText(`${visit.clinician.display_name} admitted ${visit.patient.display_name}`);
});
