import { type Browser, expect } from "@playwright/test";
import { CHROMIUM } from "../chromium";
import { cast, openPerson, test as base, withClinic } from "../clinic";
import type { Visit } from "../../shared/api/types";
import type { Person } from "../person";
import { admit, arrive, expectMediaBothWays, join } from "../steps";
import { given, Network } from "./network";
import { Pulse, takePulse } from "./pulse";


/** How browsers here are started: the certificate is of the run's own, and so is the name in it. */
export const OVER_TLS = {
  ...CHROMIUM.launchOptions,
  args: [...CHROMIUM.launchOptions.args, "--ignore-certificate-errors", "--host-resolver-rules=MAP bedside.test 10.99.0.1"],
};

const PLACE = {
  origin: "https://10.99.0.1",
  flags: [
    "--tls=0.0.0.0:443",
    `--tls-cert=${given("NETNS_CERT")}`,
    `--tls-key=${given("NETNS_KEY")}`,
    "--media-ip=10.99.0.1",
    "--turn-host=bedside.test",
    `--log=${process.env["NETNS_LOG"] ?? "info,zeromq=error"}`,
  ],
};

/** Two people whose pages record what they receive, and their visit. */
interface Pair {
  readonly patient: Person;
  readonly clinician: Person;
  readonly visit: Visit;
}

interface Tools {
  network: Network;
  people: Pair;
}

/** `test` with a patient behind a network that can be harmed. */
export const test = base.extend<Tools, { patientBrowser: Browser }>({
  patientBrowser: [
    async ({ playwright }, provide) => {
      const browser = await playwright.chromium.launch({ ...OVER_TLS, executablePath: given("NETNS_PATIENT_CHROMIUM") });
      await provide(browser);
      await browser.close();
    },
    { scope: "worker" },
  ],
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures wanted out of this pattern
  network: async ({}, provide) => {
    const network = new Network();
    await provide(network);
    await network.heal();
  },
  people: async ({ patientBrowser, browser }, provide) => {
    const accounts = await cast();
    const patient = await openPerson(patientBrowser, accounts.patient);
    const clinician = await openPerson(browser, accounts.clinician);
    for (const { context } of [patient, clinician]) await context.addInitScript(takePulse);
    await provide({ patient, clinician, visit: accounts.visit });
  },
});

/** Every test with a server of its own, inside the server's namespace. */
export function withServer(): void {
  withClinic("each test", () => Promise.resolve(PLACE));
}

/** From the sign-in to pictures and sound both ways. */
export async function call({ patient, clinician, visit }: Pair): Promise<void> {
  await patient.signIn();
  await arrive(patient, visit);
  await clinician.signIn();
  await admit(clinician, visit);
  await join(clinician);
  await join(patient);
  await expectMediaBothWays(patient, clinician);
}

/** Both recordings. */
export async function pulses({ patient, clinician }: Pair): Promise<{ readonly patient: Pulse; readonly clinician: Pulse }> {
  return { patient: await Pulse.of(patient.page), clinician: await Pulse.of(clinician.page) };
}

/** Until both receive pictures and sound that came after a moment. */
export async function flowing(people: Pair, since: number): Promise<void> {
  const flows = async (): Promise<object> => {
    const { patient, clinician } = await pulses(people);
    return { patient: patient.flowsSince(since), clinician: clinician.flowsSince(since) };
  };
  await expect.poll(flows, "media flows to both").toEqual({ patient: true, clinician: true });
}

/** One line of JSON for the record. */
export function report(scenario: string, measured: object): void {
  process.stdout.write(`${JSON.stringify({ scenario, ...measured })}\n`);
}

/** Lets the fault last; its length is what the scenario is about. */
export function pass(seconds: number): Promise<void> {
  return new Promise((over) => setTimeout(over, seconds * 1_000));
}

export { expect, Pulse };
