import { networkInterfaces } from "node:os";
import type { Page } from "@playwright/test";
import { CHROMIUM } from "./chromium";
import { cast, expect, test, withClinic } from "./clinic";
import { onLoopback } from "./server";
import { admit, arrive, expectMediaBothWays, join } from "./steps";

/** Certificates name no addresses, so that clients are sent to TURN over TLS by name only. */
const NAME = "turn.bedside.test";
/** Where this machine is met: browsers gather no candidates on loopback. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((one) => one ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

test.use({
  launchOptions: {
    ...CHROMIUM.launchOptions,
    // The certificate is the self-signed one for trials; the name is known to these browsers alone.
    args: [...CHROMIUM.launchOptions.args, "--ignore-certificate-errors", `--host-resolver-rules=MAP ${NAME} ${ADDRESS}`],
  },
});

/** Runs before the page's own code: media may pass the relay only, and reach it over one transport only. */
function relayOnly(wanted: string): void {
  const narrow = (config: RTCConfiguration = {}): RTCConfiguration => {
    const fits = (url: string): boolean => (url.startsWith("turns:") ? "tls" : new URLSearchParams(url.split("?")[1]).get("transport")) === wanted;
    const servers = (config.iceServers ?? []).map((server) => ({ ...server, urls: [server.urls].flat().filter(fits) }));
    return { ...config, iceTransportPolicy: "relay", iceServers: servers.filter(({ urls }) => urls.length > 0) };
  };
  const change = RTCPeerConnection.prototype.setConfiguration;
  RTCPeerConnection.prototype.setConfiguration = function (config) {
    change.call(this, narrow(config));
  };
  globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct: (target, [config]: [RTCConfiguration?]) => new target(narrow(config)),
  });
}

/** How the media of every connected peer connection of a page travels. */
function ways(page: Page): Promise<readonly object[]> {
  return page.evaluate(async () => {
    const peers = (globalThis as unknown as { peersOfTest: RTCPeerConnection[] }).peersOfTest;
    const found: object[] = [];
    for (const peer of peers.filter((one) => one.connectionState === "connected")) {
      const report = await peer.getStats();
      report.forEach((stat: RTCTransportStats) => {
        if (stat.type !== "transport") return;
        const pair = report.get(stat.selectedCandidatePairId ?? "") as RTCIceCandidatePairStats;
        const local = report.get(pair.localCandidateId) as { candidateType: string; relayProtocol: string; url: string };
        found.push({ type: local.candidateType, over: local.relayProtocol, scheme: local.url.split(":")[0] });
      });
    }
    return found;
  });
}

for (const [transport, scheme, host] of [
  // Chromium's rules for names do not reach its lookups for UDP.
  ["udp", "turn", ADDRESS],
  ["tcp", "turn", ADDRESS],
  ["tls", "turns", NAME],
] as const) {
  test.describe(`TURN over ${transport.toUpperCase()} alone`, () => {
    withClinic("each test", () => onLoopback("--turn-port=0", "--turn-tls-port=0", `--turn-host=${host}`));

    test("carries a visit, both ways", async ({ person }) => {
      const { visit, ...accounts } = await cast();
      const patient = await person(accounts.patient);
      const clinician = await person(accounts.clinician);
      for (const { context } of [patient, clinician]) await context.addInitScript(relayOnly, transport);
      await patient.signIn();
      await arrive(patient, visit);
      await clinician.signIn();
      await admit(clinician, visit);
      await join(clinician);
      await join(patient);
      await expectMediaBothWays(patient, clinician);
      for (const { page } of [patient, clinician]) {
        const taken = await ways(page);
        expect(taken.length).toBeGreaterThan(0);
        for (const way of taken) expect(way).toEqual({ type: "relay", over: transport, scheme });
      }
    });
  });
}
