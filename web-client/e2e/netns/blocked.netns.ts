import { expectSaid, openChat, say } from "../steps";
import { call, expect, flowing, Pulse, pulses, report, test, withServer } from "./stage";

withServer();

test("UDP blocked mid-call: media comes back over TCP by itself", async ({ people, network }) => {
  await call(people);
  const before = (await pulses(people)).patient.path;
  expect(before).toContain("host udp");

  const since = Date.now();
  await network.drop("meta l4proto udp");
  await expect.poll(async () => (await Pulse.of(people.patient.page)).path, "the path is another").not.toMatch(/ udp /);
  await flowing(people, Date.now());

  const { patient, clinician } = await pulses(people);
  report("UDP blocked mid-call", { before, after: patient.pathsSince(since), patient: patient.longestGap(since), clinician: clinician.longestGap(since) });
});

test("only TCP 443 open: the whole visit works", async ({ people, network }) => {
  await network.only443();
  const { patient, clinician } = people;
  await call(people);
  await openChat(patient);
  await openChat(clinician);
  await say(patient, "Can you hear me through 443?");
  await expectSaid(clinician, "Can you hear me through 443?");
  await say(clinician, "Loud and clear.");
  await expectSaid(patient, "Loud and clear.");

  const path = (await Pulse.of(patient.page)).path;
  expect(path).not.toMatch(/ udp /);
  report("only TCP 443 open", { path });
});
