import { expect, type Locator, type Page } from "@playwright/test";
import type { Visit } from "../shared/api/types";
import { received } from "./media";
import type { Person } from "./person";

/** Check, consent, check in: from the sign-in to the waiting place; the sound test may be passed over. */
export async function arrive(patient: Person, visit: Visit, soundTest: "Continue" | "Continue without sound test" = "Continue"): Promise<void> {
  const { page } = patient;
  await page.goto(`/visits/${visit.id}`);
  await page.getByRole("button", { name: "Start check" }).click();
  for (const [question, go] of [
    ["Can you see yourself?", "Continue"],
    ["Say a few words", soundTest],
    ["Your connection is ready", "Continue"],
  ] as const) {
    await expect(page.getByRole("heading", { name: question })).toBeVisible();
    await page.getByRole("button", { name: go, exact: true }).click();
  }
  const consent = page.getByRole("checkbox");
  const checkIn = page.getByRole("button", { name: "Check in", exact: true });
  await expect(consent.or(checkIn)).toBeVisible();
  if (await consent.isVisible()) {
    await consent.check();
    await page.getByRole("button", { name: "Continue", exact: true }).click();
  }
  await checkIn.click();
  await expect(page.getByRole("heading", { name: "You are checked in" })).toBeVisible();
}

/** The visit's row on the coordinator's board. */
export function boardRow(page: Page, visit: Visit): Locator {
  return page.getByRole("row").filter({ hasText: visit.patient.display_name }).filter({ hasText: visit.reason });
}

/** The clinician admits from the waiting list and joins. */
export async function admitAndJoin(clinician: Person, visit: Visit): Promise<void> {
  await admit(clinician, visit);
  await join(clinician);
}

export async function admit({ page }: Person, visit: Visit): Promise<void> {
  await page.goto("/staff/today");
  const waiting = page.getByRole("region", { name: "Waiting room" }).getByRole("listitem").filter({ hasText: visit.patient.display_name });
  await waiting.getByRole("button", { name: "Admit" }).click();
  await expect(page).toHaveURL(new RegExp(`/staff/visits/${visit.id}$`));
}

export async function join({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: "Join visit" }).click();
  await expect(page.getByRole("button", { name: "Mute microphone" })).toBeEnabled();
}

/** Both pages decode new pictures and hear new sound, and the sound is not silence. */
export async function expectMediaBothWays(...people: readonly Person[]): Promise<void> {
  for (const { page, account } of people) {
    const before = await received(page);
    const grown = async (): Promise<Record<string, boolean>> => {
      const now = await received(page);
      return {
        picture: now.frames > before.frames + 5,
        sound: now.audioBytes > before.audioBytes && now.audioSamples > before.audioSamples,
        heard: now.audioEnergy > 0,
      };
    };
    await expect.poll(grown, { message: `what the ${account.role} receives`, timeout: 60_000 }).toEqual({ picture: true, sound: true, heard: true });
  }
}

/** Shows the chat, which patients open with a button and staff have beside the picture. */
export async function openChat({ page, account }: Person): Promise<void> {
  const log = page.getByRole("log", { name: "Messages" });
  if (account.role === "patient" && !(await log.isVisible())) await page.getByRole("button", { name: /^Chat/ }).click();
  await expect(log).toBeVisible();
}

export async function say({ page }: Person, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

export async function expectSaid({ page }: Person, text: string): Promise<void> {
  await expect(page.getByRole("log", { name: "Messages" }).getByText(text, { exact: true })).toHaveCount(1);
}

/** Signing in counts as a fresh proof for five minutes; this lets them pass for the next call of a route. */
export async function asIfLater(page: Page, route: string): Promise<void> {
  const body = { type: "about:blank", title: "Forbidden", status: 403, detail: "Prove again who you are.", code: "step_up_required" };
  await page.route(`**/api/v1/${route}`, (call) => call.fulfill({ status: 403, contentType: "application/problem+json", json: body }), { times: 1 });
}
