import { Api, expectOk } from "./api";
import { cast, clinic, expect, test, withClinic } from "./clinic";
import { received } from "./media";
import { arrive, join } from "./steps";
import { joinWithWheel } from "./wheel";

withClinic("each test");

interface Ticket {
  readonly url: string;
  readonly token: string;
  readonly identity: string;
}

for (const [way, flags] of [
  ["two peer connections", []],
  ["one peer connection", ["--single"]],
] as const) {
  test(`the LiveKit Python SDK sees the browser, and the browser sees it, over ${way}`, async ({ person }) => {
    const { visit, ...accounts } = await cast();
    const patient = await person(accounts.patient);
    await patient.signIn();
    await arrive(patient, visit);
    const clinician = await Api.signIn(clinic().origin, accounts.clinician);
    expectOk(await clinician.post(`/api/v1/visits/${visit.id}/admit`));
    await join(patient);

    const ticket = expectOk(await clinician.post<Ticket>(`/api/v1/visits/${visit.id}/join`));
    const before = (await received(patient.page)).frames;
    const watching = joinWithWheel(ticket, 60, "--publish", "--linger", "10", ...flags);
    await expect
      .poll(async () => (await received(patient.page)).frames, { message: "frames the browser decoded", timeout: 90_000 })
      .toBeGreaterThan(before + 10);
    const witnessed = await watching;

    expect(witnessed, JSON.stringify(witnessed)).toMatchObject({ ok: true, publisher: visit.patient.account_id });
    expect(witnessed.frames).toBeGreaterThanOrEqual(60);
  });
}
