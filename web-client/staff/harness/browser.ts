import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { BrowserContext, Page, WebSocketRoute } from "@playwright/test";
import { getResponse } from "msw";
import type { ClientMessage, ServerMessage } from "../../shared/api/generated/protocol";
import { handlersOf, type World } from "./handlers";

/** Secure to a browser without a certificate; nothing listens there, every request is answered here. */
export const ORIGIN = "http://localhost:9";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".woff": "font/woff",
};

const NONCE = "harness-nonce";
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' 'nonce-${NONCE}'`,
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const DIST = join(import.meta.dirname, "../../dist/staff");

/** The built staff app in front of a pretended server, under the real content security policy. */
export class Clinic {
  #socket: WebSocketRoute | undefined;
  #seq = 0;

  private constructor(
    readonly page: Page,
    readonly world: World,
    readonly violations: string[],
    readonly base: string,
  ) {}

  /** A development server's app before the pretended API. */
  static async stand(page: Page, world: World, development: string): Promise<Clinic> {
    const clinic = new Clinic(page, world, [], development.replace(/\/$/, ""));
    await page.route("**/api/v1/**", (route) => answer(route, world));
    await page.routeWebSocket(/\/chat\/ws$/, (socket) => clinic.#accept(socket));
    return clinic;
  }

  /** Serves the built app. */
  static async open(context: BrowserContext, world: World): Promise<Clinic> {
    const page = await context.newPage();
    const violations: string[] = [];
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) violations.push(message.text());
    });
    const clinic = new Clinic(page, world, violations, `${ORIGIN}/staff`);
    await page.route("**/*", async (route) => {
      const url = new URL(route.request().url());
      if (url.origin !== ORIGIN) {
        violations.push(`third-party request to ${url.origin}`);
        return route.abort();
      }
      if (url.pathname.startsWith("/api/")) return answer(route, world);
      const asset = /\/assets\//.test(url.pathname);
      const path = asset ? url.pathname.replace(/^\/staff/, "") : "/index.html";
      let body: string | Buffer = await readFile(join(DIST, path));
      if (!asset) body = body.toString().replace('name="csp-nonce" content=""', `name="csp-nonce" content="${NONCE}"`);
      return route.fulfill({ body, contentType: TYPES[extname(path)] ?? "text/plain", headers: { "content-security-policy": CSP } });
    });
    await page.routeWebSocket(/\/chat\/ws$/, (socket) => clinic.#accept(socket));
    return clinic;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(`${this.base}${path}`);
  }

  /** Pushes "the waiting room changed", as the server does after each change of a visit. */
  pushWaitingRoom(visitId: string): void {
    this.#seq += 1;
    this.#send({
      type: "event",
      conv: "conversation-room",
      seq: this.#seq,
      id: `event-${this.#seq}`,
      at: new Date(this.world.now).toISOString(),
      body: { kind: "waiting_room", visit_id: visitId, state: "checked_in", ahead: null },
    });
  }

  #accept(socket: WebSocketRoute): void {
    this.#socket = socket;
    socket.onMessage((frame) => this.#reply(JSON.parse(String(frame)) as ClientMessage));
  }

  #reply(message: ClientMessage): void {
    if (message.type === "auth") {
      const heads = [{ conv: "conversation-room", kind: "waiting_room" as const, head: this.#seq, read: 0 }];
      this.#send({ type: "hello", conn: "c1", epoch: "e1", account: this.world.account?.id ?? "", heads });
    }
    if (message.type === "resume") {
      for (const [conv, after] of Object.entries(message.after)) if (conv !== "conversation-room" && after === 0) this.#tell(conv);
      this.#send({ type: "resumed", convs: Object.keys(message.after) });
    }
    if (message.type === "send") {
      this.#send({ type: "ack", client_msg_id: message.client_msg_id, conv: message.conv, seq: 4, id: "m4", at: new Date(this.world.now).toISOString(), duplicate: false });
    }
  }

  /** The chat so far of any visit that is opened. */
  #tell(conv: string): void {
    const patient = this.world.visits.find((visit) => visit.conversation_id === conv)?.patient.account_id ?? "somebody";
    const me = this.world.account?.id ?? "";
    const said: [string, string][] = [
      [patient, "Good morning. I have my blood pressure diary here."],
      [me, "Good morning, very good. Please hold it up to the camera when we start."],
      [patient, "I will."],
    ];
    said.forEach(([sender, text], index) =>
      this.#send({
        type: "event",
        conv,
        seq: index + 1,
        id: `${conv}-${index}`,
        at: new Date(this.world.now - (3 - index) * 60_000).toISOString(),
        body: { kind: "message", sender, client_msg_id: `${conv}-${index}`, text },
      }),
    );
  }

  #send(message: ServerMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }
}

async function answer(route: Parameters<Parameters<Page["route"]>[1]>[0], world: World): Promise<void> {
  const asked = route.request();
  const body = asked.postData();
  const request = new Request(asked.url(), { method: asked.method(), headers: asked.headers(), ...(body === null ? {} : { body }) });
  const response = await getResponse(handlersOf(world), request);
  if (response === undefined) return route.fulfill({ status: 404, body: "{}" });
  return route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() });
}
