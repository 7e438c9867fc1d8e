import { call, flowing, pass, pulses, report, test, withServer } from "./stage";

withServer();

for (const seconds of [1, 5, 20, 60]) {
  for (const kind of ["interface down", "everything lost"] as const) {
    test(`${kind} for ${seconds} s: the call resumes by itself`, async ({ people, network }) => {
      await call(people);
      const since = Date.now();
      await (kind === "interface down" ? network.cable("down") : network.drop("meta l4proto { tcp, udp, icmp }"));
      await pass(seconds);
      await (kind === "interface down" ? network.cable("up") : network.drop());
      const back = Date.now();
      await flowing(people, back);

      const { patient, clinician } = await pulses(people);
      report(`${kind} for ${seconds} s`, {
        paths: patient.pathsSince(since),
        gap: { patient: patient.longestGap(since), clinician: clinician.longestGap(since) },
        after_return: { patient: patient.firstAfter(back), clinician: clinician.firstAfter(back) },
      });
    });
  }
}
