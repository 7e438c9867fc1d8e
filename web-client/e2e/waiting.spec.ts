import { accountOf, cast, expect, test, withClinic } from "./clinic";
import { arrive, boardRow } from "./steps";

withClinic("each test");

test("a refresh, a lost network and a second device keep the place in the line", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const coordinator = await person(accounts.coordinator);
  await coordinator.signIn();
  await patient.signIn();
  await arrive(patient, visit);
  const waiting = patient.page.getByRole("heading", { name: "You are checked in" });
  const place = patient.page.getByText(/You are next|before you/);
  const told = await place.first().textContent();
  const checkedIn = (await accounts.desk.visit(visit.id)).checked_in_at;
  const boardShows = async (): Promise<void> => expect(boardRow(coordinator.page, visit)).toContainText(/Ready|Long wait/);
  await boardShows();

  await test.step("refresh", async () => {
    await patient.page.reload();
    await expect(waiting).toBeVisible();
    await expect(place.first()).toHaveText(told ?? "");
    await boardShows();
  });

  await test.step("lost network", async () => {
    await patient.context.setOffline(true);
    await expect(patient.page.getByText(/offline|interrupted/i).first()).toBeVisible();
    await expect(patient.page.getByText(/place is kept|reconnect by ourselves/i).first()).toBeVisible();
    await patient.context.setOffline(false);
    await expect(patient.page.getByText("Connected to your clinic")).toBeVisible();
    await expect(place.first()).toHaveText(told ?? "");
    await boardShows();
  });

  await test.step("second device", async () => {
    const phone = await person(accounts.patient, { viewport: { width: 390, height: 844 } });
    await phone.signIn();
    await phone.page.goto(`/visits/${visit.id}`);
    await expect(phone.page.getByRole("heading", { name: "You are checked in" })).toBeVisible();
    await expect(phone.page.getByText(told ?? "").first()).toBeVisible();
  });

  expect((await accounts.desk.visit(visit.id)).checked_in_at, "the time of check-in").toBe(checkedIn);
});

test("everybody behind moves up when somebody is admitted", async ({ person }) => {
  const { visit: early, desk, patient: earlyAccount, stranger: lateAccount } = await cast();
  const late = (await desk.today()).find((one) => one.clinician.id !== early.clinician.id && one.state === "scheduled");
  if (late === undefined) throw new Error("the demo has no visit of a second clinician");
  // The first patient is moved to the second one's clinician, so that both wait for the same person.
  await desk.post(`/api/v1/visits/${early.id}/cancel`, { reason: "The other clinician takes over." });
  const moved = await desk.bookNow(early.patient.id, late.clinician.id, "First in line");

  const first = await person(earlyAccount);
  await first.signIn();
  await arrive(first, moved);
  const behind = await person(lateAccount);
  await behind.signIn();
  await arrive(behind, late);
  await expect(first.page.getByText("You are next").first()).toBeVisible();
  await expect(behind.page.getByText("1 person before you").first()).toBeVisible();

  await desk.post(`/api/v1/visits/${moved.id}/admit`);
  await expect(first.page.getByRole("button", { name: "Join visit" })).toBeVisible();
  await expect(behind.page.getByText("You are next").first()).toBeVisible();
});

test("the desk checks a patient in on their behalf, marks no-shows and cancels", async ({ person }) => {
  const { visit, desk } = await cast();
  const coordinator = await person(accountOf("coordinator"));
  await coordinator.signIn();
  const row = boardRow(coordinator.page, visit);
  await row.getByRole("button", { name: "Check in" }).click();
  await expect(row).toContainText(/Checked in|Long wait/);
  expect((await desk.visit(visit.id)).state).toBe("checked_in");

  await row.getByRole("button", { name: /More actions/ }).click();
  await coordinator.page.getByRole("menuitem", { name: "Cancel visit" }).click();
  const dialog = coordinator.page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("The patient called.");
  await dialog.getByRole("button", { name: "Cancel visit" }).click();
  await expect(row).toContainText("Cancelled");
  expect((await desk.visit(visit.id)).state).toBe("cancelled");
});
