import { type Browser, type BrowserContext, type BrowserContextOptions, expect, type Page } from "@playwright/test";
import { rememberPeers } from "./media";
import type { DemoAccount, Server } from "./server";

/** Words that only a violation of the content security policy prints. */
const VIOLATION = /content security policy|requires .Trusted/i;

/** One person with their own browser. */
export class Person {
  /** Everything the pages did that they must not: policy violations, requests to others, crashes. */
  readonly offences: string[] = [];

  private constructor(
    readonly server: Server,
    readonly account: DemoAccount,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(browser: Browser, server: Server, account: DemoAccount, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({ baseURL: server.origin, permissions: ["camera", "microphone"], ...options });
    await context.addInitScript(rememberPeers);
    const person = new Person(server, account, context, await context.newPage());
    person.#watch();
    return person;
  }

  /** A second tab of the same person. */
  async secondTab(): Promise<Page> {
    return this.context.newPage();
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  /** Signs in at the patient's or the staff's door. */
  async signIn(path: "/" | "/staff/" = this.account.role === "patient" ? "/" : "/staff/"): Promise<void> {
    await this.page.goto(path);
    // Typed, as a person does: in Firefox `fill()` does not reach the page's own state.
    await this.page.getByLabel(/^e-?mail/i).pressSequentially(this.account.email);
    await this.page.getByRole("textbox", { name: "Password" }).pressSequentially(this.account.password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(this.page.getByRole("button", { name: "Sign in", exact: true })).toBeHidden();
  }

  /** A request from within the page, with its cookie and origin, as a curious person could send it. */
  request(method: "GET" | "POST", path: string, body: object = {}): Promise<{ status: number; code: string | undefined }> {
    return this.page.evaluate(
      async ([verb, to, sent]) => {
        const headers = { "content-type": "application/json" };
        const answer = await fetch(to, verb === "GET" ? { headers } : { method: verb, headers, body: JSON.stringify(sent) });
        const problem = (await answer.json().catch(() => ({}))) as { code?: string };
        return { status: answer.status, code: problem.code };
      },
      [method, path, body] as const,
    );
  }

  #watch(): void {
    this.context.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol === "http:" || protocol === "https:") {
        if (origin !== this.server.origin) this.offences.push(`request to ${origin}`);
      }
    });
    this.context.on("console", (message) => {
      if (VIOLATION.test(message.text())) this.offences.push(message.text());
    });
    this.context.on("weberror", (error) => this.offences.push(`uncaught: ${error.error().message}`));
  }
}
