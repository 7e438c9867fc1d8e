import type { Browser } from "@playwright/test";
import { cast, clinic, expect, test, withClinic } from "./clinic";
import { openFirefox } from "./firefox";
import { Person } from "./person";
import { admit, arrive, expectMediaBothWays, join } from "./steps";

withClinic("each test");

let firefox: Browser;
test.beforeAll(async () => {
  firefox = await openFirefox();
});
test.afterAll(() => firefox.close());

for (const [who, other] of [
  ["patient", "clinician"],
  ["clinician", "patient"],
] as const) {
  test(`a ${who} in Firefox and a ${other} in Chromium see and hear each other`, async ({ person }) => {
    const { visit, ...accounts } = await cast();
    const foreign = await Person.open(firefox, clinic(), accounts[who], { permissions: [] });
    const people = { [who]: foreign, [other]: await person(accounts[other]) } as Record<"patient" | "clinician", Person>;
    const { patient, clinician } = people;
    await patient.signIn();
    // Firefox runs no sound graph on a machine without a loudspeaker, and the test measures with one.
    await arrive(patient, visit, who === "patient" ? "Continue without sound test" : "Continue");
    await clinician.signIn();
    await admit(clinician, visit);
    await join(clinician);
    await join(patient);
    await expectMediaBothWays(patient, clinician);

    await test.step("and the picture comes back after it was stopped", async () => {
      const picture = people[other].page.getByLabel(/^(Picture|Video) of/);
      await foreign.page.getByRole("button", { name: "Stop camera" }).click();
      await expect(picture).toBeHidden();
      await foreign.page.getByRole("button", { name: "Start camera" }).click();
      await expect(picture).toBeVisible();
      await expectMediaBothWays(patient, clinician);
    });

    expect(foreign.offences).toEqual([]);
    await foreign.close();
  });
}
