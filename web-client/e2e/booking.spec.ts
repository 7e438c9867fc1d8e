import { accountOf, cast, expect, test, withClinic } from "./clinic";

withClinic();

test("a taken slot shows free ones near it, and one press books", async ({ person }) => {
  const { visit, desk } = await cast();
  const coordinator = await person(accountOf("coordinator"), { timezoneId: "Pacific/Auckland" });
  const { page } = coordinator;
  const zone = (await desk.account()).clinic.time_zone;
  await coordinator.signIn();
  await page.getByRole("link", { name: "Book a visit" }).click();
  await page.getByRole("textbox", { name: "Patient" }).fill(visit.patient.display_name);
  await page.getByRole("option", { name: visit.patient.display_name }).first().click();
  await page.getByRole("combobox", { name: "Clinician" }).click();
  await page.getByRole("option", { name: visit.clinician.display_name }).click();
  // The visit's own slot is taken by itself; typed in the clinic's time although this browser is in another zone.
  const [date, time] = wallTime(visit.starts_at, zone);
  await page.getByLabel("Day").fill(date);
  await page.getByLabel("Time").fill(time);
  await page.getByLabel("Reason").fill("A second look");
  await page.getByRole("button", { name: "Book visit" }).click();
  const taken = page.getByRole("alert");
  await expect(taken).toContainText("This time is taken");
  await taken.getByRole("button").first().click();
  await page.getByRole("button", { name: "Book visit" }).click();
  await expect(page.getByText(`${visit.patient.display_name} is booked for`)).toBeVisible();
});

/** Date and time of an instant on the clinic's wall, as a form takes them. */
function wallTime(at: string, timeZone: string): [string, string] {
  const parts = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone }).format(new Date(at));
  const [date = "", time = ""] = parts.split(" ");
  return [date, time];
}
