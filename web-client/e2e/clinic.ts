import { test as base } from "@playwright/test";
import { Api } from "./api";
import { Person } from "./person";
import { type DemoAccount, type Place, Server } from "./server";
import type { Visit } from "../shared/api/types";
import type { Browser, BrowserContextOptions } from "@playwright/test";

export { expect } from "@playwright/test";

interface Tools {
  /** Opens a browser for an account; it is closed at the end of the test. */
  person: (account: DemoAccount, options?: BrowserContextOptions) => Promise<Person>;
}

const people: Person[] = [];

/** Opens a browser for an account; {@link sendEverybodyHome} closes it. */
export async function openPerson(browser: Browser, account: DemoAccount, options?: BrowserContextOptions): Promise<Person> {
  const person = await Person.open(browser, clinic(), account, options);
  people.push(person);
  return person;
}

/** `test` with people in it. */
export const test = base.extend<Tools>({
  person: async ({ browser }, provide) => {
    await provide((account, options) => openPerson(browser, account, options));
  },
});

/** Closes every browser while the server still runs; nobody's pages may have offended. */
async function sendEverybodyHome(): Promise<void> {
  const leaving = people.splice(0);
  for (const person of leaving) await person.close();
  const offences = new Set(leaving.flatMap((person) => person.offences));
  if (offences.size > 0) throw new Error(`pages offended:\n${[...offences].join("\n")}`);
}

let running: Server | undefined;

/** The server of this spec file. */
export function clinic(): Server {
  if (running === undefined) throw new Error("call withClinic() at the top of the spec file");
  return running;
}

/**
 * Gives the spec file its own server from before the first to after the last test; or, with
 * "each test", every test its own, because a visit that one test ended is over for the next.
 * Without a `place` it listens on a free port of this machine.
 */
export function withClinic(scope: "the file" | "each test" = "the file", place?: () => Promise<Place>): void {
  const start = async (): Promise<void> => {
    running = await Server.start(await place?.());
  };
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };
  if (scope === "each test") {
    test.beforeEach(start);
    test.afterEach(async () => {
      await sendEverybodyHome().finally(stop);
    });
  } else {
    test.beforeAll(start);
    test.afterEach(sendEverybodyHome);
    test.afterAll(stop);
  }
}

/** The n-th account of a role, in the order in which the server printed them. */
export function accountOf(role: string, nth = 0): DemoAccount {
  const found = clinic().accounts.filter((account) => account.role === role)[nth];
  if (found === undefined) throw new Error(`the demo has no ${role} number ${nth + 1}`);
  return found;
}

/** Everybody a visit concerns. */
export interface Cast {
  readonly visit: Visit;
  readonly patient: DemoAccount;
  readonly clinician: DemoAccount;
  readonly coordinator: DemoAccount;
  readonly admin: DemoAccount;
  /** A patient who has nothing to do with the visit. */
  readonly stranger: DemoAccount;
  /** The coordinator's own view behind the screens. */
  readonly desk: Api;
}

/** The visit that starts now and everybody around it. */
export async function cast(): Promise<Cast> {
  const coordinator = accountOf("coordinator");
  const desk = await Api.signIn(clinic().origin, coordinator);
  const ids = new Map<string, DemoAccount>();
  for (const account of clinic().accounts.filter(({ role }) => role === "patient" || role === "clinician")) {
    ids.set((await (await Api.signIn(clinic().origin, account)).account()).id, account);
  }
  const known = (id: string | null): DemoAccount | undefined => (id === null ? undefined : ids.get(id));
  const open = (one: Visit): boolean => one.state === "scheduled" && Date.parse(one.window_opens_at) <= Date.now();
  const visit = (await desk.today())
    .toSorted((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at))
    .find((one) => open(one) && known(one.patient.account_id) !== undefined && known(one.clinician.account_id) !== undefined);
  if (visit === undefined) throw new Error("no demo visit is open that nobody has touched");
  const patient = known(visit.patient.account_id);
  const clinician = known(visit.clinician.account_id);
  const stranger = [...ids.values()].find((account) => account.role === "patient" && account !== patient);
  if (patient === undefined || clinician === undefined || stranger === undefined) throw new Error("the demo needs two patients with accounts");
  return { visit, patient, clinician, coordinator, admin: accountOf("clinic_admin"), stranger, desk };
}
