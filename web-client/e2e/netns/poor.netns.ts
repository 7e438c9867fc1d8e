import { call, expect, flowing, pass, type Pulse, pulses, report, test, withServer } from "./stage";

withServer();

/** Long enough for several rounds of feedback at 400 ms. */
const OBSERVED_S = 20;

for (const [name, percent, milliseconds] of [
  ["5 % loss", 5, 0],
  ["10 % loss", 10, 0],
  ["400 ms round trip", 0, 200],
  ["5 % loss and 400 ms round trip", 5, 200],
] as const) {
  test(`${name}: picture and sound go on`, async ({ people, network }) => {
    await call(people);
    const since = Date.now();
    if (milliseconds > 0) await network.delay(milliseconds);
    if (percent > 0) await network.lose(percent);
    await pass(OBSERVED_S);
    await flowing(people, Date.now());

    const { patient, clinician } = await pulses(people);
    const seen = (pulse: Pulse): object => ({ ...pulse.quality(since), ...pulse.longestGap(since), width: pulse.width });
    report(name, { patient: seen(patient), clinician: seen(clinician) });
  });
}

test("300 kbit/s: sound stays, the picture gets smaller, and larger again afterwards", async ({ people, network }) => {
  await call(people);
  const width = async (who: "patient" | "clinician"): Promise<number> => (await pulses(people))[who].width;
  // Wide open first: both have risen above the smallest layer.
  const full = { patient: 640, clinician: 640 };
  for (const who of ["patient", "clinician"] as const) await expect.poll(() => width(who), `${who}'s picture`).toBeGreaterThanOrEqual(full[who]);

  const narrowed = Date.now();
  await network.narrow(300);
  for (const who of ["patient", "clinician"] as const) await expect.poll(() => width(who), `${who}'s picture`).toBeLessThan(full[who]);
  await pass(OBSERVED_S);
  const widened = Date.now();
  const during = await pulses(people);
  await network.widen();
  for (const who of ["patient", "clinician"] as const) await expect.poll(() => width(who), `${who}'s picture`).toBeGreaterThanOrEqual(full[who]);

  const after = await pulses(people);
  const seen = (who: "patient" | "clinician"): object => ({
    ...during[who].quality(narrowed),
    ...during[who].longestGap(narrowed),
    smaller_after_s: after[who].widthAfter(narrowed, (pixels) => pixels < full[who]),
    larger_after_s: after[who].widthAfter(widened, (pixels) => pixels >= full[who]),
  });
  report("300 kbit/s each way", { patient: seen("patient"), clinician: seen("clinician") });
});
