import { cast, expect, test, withClinic } from "./clinic";
import { admit, arrive, expectMediaBothWays, join } from "./steps";

withClinic();

test("a second tab of the same person takes the call over and says so in the first", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const clinician = await person(accounts.clinician);
  await patient.signIn();
  await arrive(patient, visit);
  await clinician.signIn();
  await admit(clinician, visit);
  await join(clinician);
  await join(patient);
  await expectMediaBothWays(patient, clinician);

  const tab = await patient.secondTab();
  await tab.goto(`/visits/${visit.id}`);
  await tab.getByRole("button", { name: "Join visit" }).click();
  await expect(tab.getByRole("button", { name: "Mute microphone" })).toBeEnabled();
  await expect(patient.page.getByText("You joined on another page or device")).toBeVisible();
  // One person is one place in the room: the clinician sees exactly one of them.
  await expect(clinician.page.getByLabel(`Video of ${visit.patient.display_name}`)).toHaveCount(1);
  await expectMediaBothWays(clinician);

  await test.step("and the first tab can take it back", async () => {
    await patient.page.getByRole("button", { name: /Join visit|Join again|Rejoin/ }).click();
    await expect(patient.page.getByRole("button", { name: "Mute microphone" })).toBeEnabled();
    await expect(tab.getByText("You joined on another page or device")).toBeVisible();
    await expectMediaBothWays(patient, clinician);
  });

  await test.step("the same holds for the clinician", async () => {
    const other = await clinician.secondTab();
    await other.goto(`/staff/visits/${visit.id}`);
    await other.getByRole("button", { name: "Join visit" }).click();
    await expect(other.getByRole("button", { name: "Mute microphone" })).toBeEnabled();
    await expect(clinician.page.getByRole("heading", { name: "You joined from another window" })).toBeVisible();
    await expectMediaBothWays(patient);
  });
});
