import { cast, clinic, test, withClinic } from "./clinic";
import { admit, arrive, expectMediaBothWays, join } from "./steps";

withClinic();

const RUNS = 20;

/** Presses "Join visit" and waits for the first picture of the other person, all inside the page. */
function pressAndWait(): Promise<number> {
  return new Promise((done, fail) => {
    const button = [...document.querySelectorAll("button")].find((one) => one.textContent.includes("Join visit"));
    if (button === undefined) return fail(new Error("there is no button"));
    const start = performance.now();
    const look = (): void => {
      const picture = document.querySelector<HTMLVideoElement>('video[aria-label^="Picture of"]');
      if (picture === null) requestAnimationFrame(look);
      else picture.requestVideoFrameCallback(() => done(performance.now() - start));
    };
    button.click();
    look();
  });
}

test("from the press on Join visit to the first picture of the other person", async ({ person }) => {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient);
  const clinician = await person(accounts.clinician);
  await patient.signIn();
  await arrive(patient, visit);
  await clinician.signIn();
  await admit(clinician, visit);
  await join(clinician);

  const took: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await patient.page.goto(`${clinic().origin}/visits/${visit.id}`);
    await patient.page.getByRole("button", { name: "Join visit" }).waitFor();
    took.push(await patient.page.evaluate(pressAndWait));
    await expectMediaBothWays(patient);
    await patient.page.getByRole("button", { name: "Leave" }).click();
  }
  took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(took[Math.min(took.length - 1, Math.ceil(share * took.length) - 1)] ?? 0);
  process.stdout.write(`${JSON.stringify({ runs: RUNS, milliseconds: { min: at(0.01), p50: at(0.5), p95: at(0.95), max: at(1) } })}\n`);
});
