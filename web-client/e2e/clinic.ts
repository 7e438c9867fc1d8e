import { test as base } from "@playwright/test";
import { Api } from "./api";
import { Person } from "./person";
import { type DemoAccount, Server } from "./server";
import type { Visit } from "../shared/api/types";
import type { BrowserContextOptions } from "@playwright/test";

export { expect } from "@playwright/test";

interface Tools {
  /** Opens a browser for an account; closed at the end, after checking that its pages behaved. */
  person: (account: DemoAccount, options?: BrowserContextOptions) => Promise<Person>;
}

/** `test` with people in it; at the end nobody's pages may have offended. */
export const test = base.extend<Tools>({
  person: async ({ browser }, provide) => {
    const people: Person[] = [];
    await provide(async (account, options) => {
      const person = await Person.open(browser, clinic(), account, options);
      people.push(person);
      return person;
    });
    const offences = people.flatMap((person) => person.offences);
    for (const person of people) await person.close();
    if (offences.length > 0) throw new Error(`pages offended:\n${[...new Set(offences)].join("\n")}`);
  },
});

let running: Server | undefined;

/** The server of this spec file. */
export function clinic(): Server {
  if (running === undefined) throw new Error("call withClinic() at the top of the spec file");
  return running;
}

/** Gives the spec file its own server from before the first to after the last test. */
export function withClinic(): void {
  test.beforeAll(async () => {
    running = await Server.start();
  });
  test.afterAll(async () => {
    await running?.stop();
    running = undefined;
  });
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

/** A visit of the first clinician that nobody has touched: the one that starts now, or a new booking. */
export async function cast(): Promise<Cast> {
  const coordinator = accountOf("coordinator");
  const clinician = accountOf("clinician");
  const desk = await Api.signIn(clinic().origin, coordinator);
  const doctor = await (await Api.signIn(clinic().origin, clinician)).account();
  const patients = clinic().accounts.filter((account) => account.role === "patient");
  const known = await Promise.all(
    patients.map(async (account) => ({ account, id: (await (await Api.signIn(clinic().origin, account)).account()).patient_id })),
  );
  const open = (one: Visit): boolean => one.state === "scheduled" && Date.parse(one.window_opens_at) <= Date.now();
  const mine = (one: Visit): boolean => one.clinician.account_id === doctor.id && known.some(({ id }) => id === one.patient.id);
  const first = known[0];
  if (first?.id === null || first === undefined || doctor.provider_id === null) throw new Error("the demo accounts are not linked to records");
  const visit =
    (await desk.today()).find((one) => open(one) && mine(one)) ?? (await desk.bookNow(first.id, doctor.provider_id, "Follow-up"));
  const patient = known.find(({ id }) => id === visit.patient.id)?.account;
  const stranger = known.find(({ id }) => id !== visit.patient.id)?.account;
  if (patient === undefined || stranger === undefined) throw new Error("the demo needs two patients with accounts");
  return { visit, patient, clinician, coordinator, admin: accountOf("clinic_admin"), stranger, desk };
}
