import { cast, clinic, expect, test, withClinic } from "./clinic";
import { admit, arrive, boardRow, expectMediaBothWays, expectSaid, join, openChat, say } from "./steps";

withClinic();

test("kill -9 of the server during a visit loses nothing, and the browsers recover by themselves", async ({ person }) => {
  test.setTimeout(300_000);
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const clinician = await person(accounts.clinician);
  const coordinator = await person(accounts.coordinator);
  await coordinator.signIn();
  await patient.signIn();
  await arrive(patient, visit);
  await clinician.signIn();
  await admit(clinician, visit);
  await join(clinician);
  await join(patient);
  await expectMediaBothWays(patient, clinician);
  await openChat(patient);
  let reloads = 0;
  for (const { page } of [patient, clinician, coordinator]) page.on("load", () => (reloads += 1));

  const said: string[] = [];
  const tell = async (who: typeof patient, text: string): Promise<void> => {
    said.push(text);
    await say(who, text);
  };
  const sending = patient.page.getByText("Sending…");

  await test.step("messages are acknowledged, then the server dies", async () => {
    for (let number = 1; number <= 5; number += 1) await tell(patient, `Before the crash, number ${number}`);
    await expect(sending).toHaveCount(0);
    // These may or may not be acknowledged when it dies; none may be lost or doubled either way.
    await tell(patient, "While it crashes");
    await tell(clinician, "Also while it crashes");
    await clinic().crash();
  });

  await test.step("everybody is told, and may go on writing", async () => {
    await expect(clinician.page.getByLabel("Updates")).toHaveText(/Reconnecting|Offline/);
    await expect(coordinator.page.getByLabel("Updates")).toHaveText(/Reconnecting|Offline/);
    await tell(patient, "Written while it is away");
    await expect(sending.first()).toBeVisible();
  });

  await test.step("it starts again on the same data", async () => {
    await clinic().resume();
    await expect(clinician.page.getByLabel("Updates")).toHaveText("Live", { timeout: 60_000 });
    await expect(coordinator.page.getByLabel("Updates")).toHaveText("Live", { timeout: 60_000 });
    await expect(sending).toHaveCount(0, { timeout: 60_000 });
  });

  await test.step("every message is there once, on both sides, in one order", async () => {
    for (const text of said) {
      await expectSaid(patient, text);
      await expectSaid(clinician, text);
    }
    const order = async (who: typeof patient): Promise<string[]> => {
      const all = await who.page.getByRole("log", { name: "Messages" }).getByText(/crash|away/).allTextContents();
      return all.filter((text) => said.includes(text));
    };
    expect(await order(patient)).toEqual(await order(clinician));
  });

  await test.step("the call comes back", async () => {
    await expect(clinician.page.getByRole("button", { name: "Mute microphone" })).toBeEnabled({ timeout: 120_000 });
    await expect(patient.page.getByRole("button", { name: "Mute microphone" })).toBeEnabled({ timeout: 120_000 });
    await expectMediaBothWays(patient, clinician);
  });

  await test.step("nobody had to reload, and the visit goes on", async () => {
    expect(reloads).toBe(0);
    await expect(boardRow(coordinator.page, visit)).toContainText("In visit");
    await clinician.page.getByRole("button", { name: "End visit" }).click();
    await clinician.page.getByRole("dialog").getByRole("button", { name: "End visit" }).click();
    await expect(boardRow(coordinator.page, visit)).toContainText("Completed");
    await expect(patient.page.getByRole("heading", { name: "Your visit is finished" })).toBeVisible();
  });
});
