import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { accountOf, clinic, expect, test, withClinic } from "./clinic";
import { judge } from "./judge";

withClinic();

/** The address in the newest letter that leads to `page`: without a mail server, a demo writes letters into a folder. */
async function letter(page: "reset-password" | "sign-in-link"): Promise<string> {
  const folder = join(clinic().directory, "data", "mail");
  const found = async (): Promise<string | undefined> => {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".eml")).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
    // Soft line breaks of quoted-printable cut long addresses.
    const links = texts.map((text) => new RegExp(`/${page}#[\\w-]+`).exec(text.replaceAll(/=\r?\n/g, "").replaceAll("=3D", "="))?.[0]);
    return links.findLast((link) => link !== undefined);
  };
  await expect.poll(found, { message: `a letter that leads to ${page}`, timeout: 60_000 }).toBeDefined();
  return (await found()) ?? "";
}

test("a patient signs in by a letter and chooses a new password; each link works once", async ({ person }) => {
  test.setTimeout(300_000);
  const account = accountOf("patient");
  const patient = await person(account);
  const { page } = patient;
  await page.goto("/");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await judge(page, "patient-forgot");
  await page.getByLabel("Email").fill(account.email);
  await page.getByRole("button", { name: "Send a link to sign in" }).click();
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  await judge(page, "patient-mail-sent");
  const link = await letter("sign-in-link");
  await page.goto(link);
  await judge(page, "patient-sign-in-link");
  // The secret does not stay in the address.
  await expect(page).toHaveURL(/\/sign-in-link$/);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await page.goto(link);
  await expect(page).toHaveURL(/\/sign-in-link$/);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Please open the link once more" })).toBeVisible();
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("This link is over");

  await page.getByRole("link", { name: "Ask for a new link" }).click();
  await page.getByLabel("Email").fill(account.email);
  await page.getByRole("button", { name: "I want a new password" }).click();
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  await page.goto(await letter("reset-password"));
  await page.getByLabel("New password", { exact: true }).fill("password");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByLabel("New password", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await judge(page, "patient-reset-password");
  const password = "six patient cranes stand";
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("heading", { name: "Your password is changed" })).toBeVisible();
  const again = await person({ ...account, password });
  await again.signIn();
  await expect(again.page.getByRole("button", { name: "Sign out" })).toBeVisible();
});
