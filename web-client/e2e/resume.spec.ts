import { cast, expect, test, withClinic } from "./clinic";
import { cutSignal, rememberSignals, signalOf } from "./signal";
import { admit, arrive, expectMediaBothWays, join } from "./steps";

withClinic();

test("a cut signal connection is resumed: media goes on over the same connection, and changes are seen again", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const clinician = await person(accounts.clinician);
  await patient.page.addInitScript(rememberSignals);
  await patient.signIn();
  await arrive(patient, visit);
  await clinician.signIn();
  await admit(clinician, visit);
  await join(clinician);
  await join(patient);
  await expectMediaBothWays(patient, clinician);

  const before = await signalOf(patient.page);
  await cutSignal(patient.page);
  await expect
    .poll(() => signalOf(patient.page), { message: "a new signal connection, no new peer connection" })
    .toEqual({ open: 1, opened: before.opened + 1, peers: before.peers });

  const video = clinician.page.getByRole("region", { name: "Video" });
  await patient.page.getByRole("button", { name: "Mute microphone" }).click();
  await expect(video).toContainText("muted");
  await patient.page.getByRole("button", { name: "Unmute microphone" }).click();
  await expect(video).not.toContainText("muted");
  await expectMediaBothWays(patient, clinician);
});
