import { expect, type Page } from "@playwright/test";
import type { InvitationMade, JoinAnswer, Part, Visit } from "../shared/api/types";
import { type Api, expectOk } from "./api";
import type { Person } from "./person";

/** Opens the people of the visit on the clinician's page. */
export async function openPeople({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: "People", exact: true }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
}

/** The clinician invites a guest on their page; the link to hand on. */
export async function inviteGuest(clinician: Person, name: string, part: string): Promise<string> {
  const { page } = clinician;
  await openPeople(clinician);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Invite somebody" }).click();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("They come as").selectOption(part);
  await dialog.getByRole("button", { name: "Make link" }).click();
  const link = await dialog.getByLabel("Send this link to them alone").inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();
  await dialog.getByRole("button", { name: "Close" }).click();
  return link;
}

/** The device check, as a guest passes it. */
export async function passCheck(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start check" }).click();
  for (const question of ["Can you see yourself?", "Say a few words", "Your connection is ready"]) {
    await expect(page.getByRole("heading", { name: question })).toBeVisible();
    await page.getByRole("button", { name: "Continue", exact: true }).click();
  }
}

/** Invites a guest and lets them in behind the screens; what they connect with. */
export async function admitGuest(clinician: Api, visit: Visit, name: string, part: Part): Promise<JoinAnswer> {
  const path = `/api/v1/visits/${visit.id}/invitations`;
  const made = expectOk(await clinician.post<InvitationMade>(path, { display_name: name, part }));
  expectOk(await clinician.post(`${path}/${made.invitation_id}/let-in`));
  return expectOk(await clinician.post<JoinAnswer>("/api/v1/guest/join", { secret: made.secret }));
}
