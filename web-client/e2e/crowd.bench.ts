import { Api, expectOk } from "./api";
import { cast, clinic, expect, test, withClinic } from "./clinic";
import { Crowd, inbound, moving, type Inbound } from "./crowd";
import { admitGuest } from "./guests";
import { arrive, join } from "./steps";
import type { Page } from "@playwright/test";
import type { Part } from "../shared/api/types";
import type { Ticket } from "../shared/rtc/connection";

withClinic();

/** Who comes besides patient and clinician. */
const GUESTS: readonly (readonly [string, Part])[] = [
  ["Efua Osei", "family"],
  ["Sam Tran", "interpreter"],
  ["Kofi Osei", "family"],
  ["Dr. Lena Brandt", "care_team"],
  ["Ingrid Maria Johansson-Lindqvist", "care_team"],
  ["Yuki Tanaka", "care_team"],
  ["Noor Haddad", "interpreter"],
  ["Aoife Byrne", "care_team"],
  ["Pavel Novak", "care_team"],
  ["Rosa Klein", "care_team"],
];

/** Small for everybody, and larger for the clinician, whose layers show what a viewer asks for. */
const SMALL = { width: 320, height: 180 };
const LARGE = { width: 1280, height: 720 };

/** Waits until as many pictures move as wanted. */
async function pictures(page: Page, wanted: number): Promise<Inbound[]> {
  let before = await inbound(page);
  let seen: Inbound[] = [];
  const count = async (): Promise<number> => {
    const after = await inbound(page);
    seen = moving(before, after);
    before = after;
    return seen.length;
  };
  await expect.poll(count, { message: "pictures that move", timeout: 60_000, intervals: [1_500] }).toBe(wanted);
  return seen;
}

test("twelve people in one visit are live at once, in layers that fit, and a thirteenth is heard without a picture", async ({ person }) => {
  test.setTimeout(240_000);
  const { visit, ...accounts } = await cast();
  const viewer = await person(accounts.patient);
  const { page } = viewer;
  await viewer.signIn();
  await arrive(viewer, visit);
  const clinician = await Api.signIn(clinic().origin, accounts.clinician);
  expectOk(await clinician.post(`/api/v1/visits/${visit.id}/admit`));
  await join(viewer);
  // On a phone it would lie over the people.
  await page.getByRole("button", { name: /^Chat/ }).click();
  const crowd = new Crowd();
  try {
    const ticket = expectOk(await clinician.post<Ticket>(`/api/v1/visits/${visit.id}/join`));
    crowd.send({ ticket, ...LARGE, speaks: true });
    for (const [name, part] of GUESTS) crowd.send({ ticket: await admitGuest(clinician, visit, name, part), ...SMALL, speaks: false });
    await expect.poll(() => crowd.joined(), { message: "who has come", timeout: 90_000 }).toBe(11);

    await test.step("twelve tiles live", async () => {
      await expect(page.getByText("12 people")).toBeVisible();
      await expect(page.getByRole("figure")).toHaveCount(12);
      for (const [name] of GUESTS) await expect(page.getByLabel(`Picture of ${name}`)).toBeVisible();
      await expect(page.getByRole("img", { name: "Microphone off" }), "eleven voices").toHaveCount(0);
      const seen = await pictures(page, 11);
      expect(Math.max(...seen.map(({ height }) => height)), "nobody is sent much larger than a tile shows").toBeLessThanOrEqual(360);
      tell("twelve at 1440 px", seen);
      await page.screenshot({ path: "test-results/screens/crowd-12-1440.png" });
    });

    await test.step("the pinned one comes larger", async () => {
      await page.getByRole("button", { name: `Show ${visit.clinician.display_name} large` }).click();
      const tallest = async (): Promise<number> => Math.max(...(await inbound(page)).map(({ height }) => height));
      await expect.poll(tallest, { message: "the layer of the large tile", timeout: 60_000 }).toBe(LARGE.height);
      tell("one of twelve pinned at 1440 px", await inbound(page));
      await page.screenshot({ path: "test-results/screens/crowd-12-pinned-1440.png" });
      await page.getByRole("button", { name: "Unpin" }).click();
    });

    await test.step("on a phone", async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await expect(page.getByRole("figure")).toHaveCount(12);
      tell("twelve at 390 px", await pictures(page, 11));
      await page.screenshot({ path: "test-results/screens/crowd-12-390.png" });
      await page.setViewportSize({ width: 1440, height: 900 });
    });

    await test.step("the thirteenth is heard and not shown, and costs no picture", async () => {
      crowd.send({ ticket: await admitGuest(clinician, visit, "Mina Late", "care_team"), ...SMALL, speaks: false });
      await expect.poll(() => crowd.joined(), { timeout: 60_000 }).toBe(12);
      await expect(page.getByText("13 people")).toBeVisible();
      await expect(page.getByText("more, heard but not shown")).toBeVisible();
      tell("thirteen at 1440 px", await pictures(page, 10));
      await page.screenshot({ path: "test-results/screens/crowd-13-1440.png" });
      await page.setViewportSize({ width: 390, height: 844 });
      await pictures(page, 10);
      await page.screenshot({ path: "test-results/screens/crowd-13-390.png" });
    });
  } finally {
    await crowd.leave();
  }
});

/** Reports the sizes that are received. */
function tell(what: string, seen: readonly Inbound[]): void {
  const sizes = seen.map(({ width, height }) => `${width}×${height}`).toSorted();
  const counted = [...new Set(sizes)].map((size) => `${sizes.filter((one) => one === size).length} of ${size}`).join(", ");
  process.stdout.write(`${what}: ${counted}\n`);
}
