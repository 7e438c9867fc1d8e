import { Api, expectOk } from "./api";
import { cast, clinic, expect, test, withClinic } from "./clinic";
import { NodeClient } from "./rtc-node";
import { arrive, expectMediaBothWays, join } from "./steps";
import type { Ticket } from "../shared/rtc/connection";

withClinic();

test("the LiveKit Node SDK and the browser see and hear each other, over one peer connection and over two", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  await patient.signIn();
  await arrive(patient, visit);
  const clinician = await Api.signIn(clinic().origin, accounts.clinician);
  expectOk(await clinician.post(`/api/v1/visits/${visit.id}/admit`));
  await join(patient);
  const picture = patient.page.getByLabel(`Picture of ${visit.clinician.display_name}`);

  for (const single of [true, false]) {
    await test.step(single ? "one peer connection" : "two peer connections", async () => {
      const { url, token } = expectOk(await clinician.post<Ticket>(`/api/v1/visits/${visit.id}/join`));
      const sdk = NodeClient.join({ url, token, single });
      try {
        await expect.poll(() => sdk.joined(), { message: "the SDK has joined and publishes", timeout: 60_000 }).toBe(true);
        await expect(picture).toBeVisible();
        await expectMediaBothWays(patient);
        const received = () => sdk.heard[visit.patient.account_id ?? ""];
        await expect.poll(() => received()?.frames ?? 0, { message: "pictures the SDK decoded", timeout: 60_000 }).toBeGreaterThan(30);
        await expect.poll(() => received()?.peak ?? 0, { message: "the beep as the SDK hears it", timeout: 60_000 }).toBeGreaterThan(500);
      } finally {
        await sdk.leave();
      }
      await expect(picture).toBeHidden();
    });
  }
});
