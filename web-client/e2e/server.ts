import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** The program under test. */
export const BEDSIDE = resolve(process.env["BEDSIDE_BIN"] ?? join(import.meta.dirname, "../../target/debug/bedside"));

/** An account that `--demo` printed. */
export interface DemoAccount {
  readonly role: string;
  readonly email: string;
  readonly password: string;
}

/** The first start creates the database; a debug build on a busy machine needs its time. */
const READY_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 45_000;
const LOG_LINES_KEPT = 60;
/** Where everything that servers say goes as well, for whoever looks for a cause. */
const LOG_FILE = process.env["BEDSIDE_E2E_LOG"];

/** Where browsers find a server, and the flags that make it listen there. */
export interface Place {
  readonly origin: string;
  readonly flags: readonly string[];
}

/** One `bedside up --demo` on its own data directory and ports. */
export class Server {
  readonly accounts: DemoAccount[] = [];
  #child: ChildProcess | undefined;
  #log: string[] = [];

  private constructor(
    readonly place: Place,
    readonly directory: string,
  ) {}

  /** Starts on an empty data directory and waits until `/readyz` says yes. */
  static async start(place?: Place): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), "bedside-e2e-"));
    // PostgreSQL runs as another user when the tests run as root, and must reach its folder.
    await chmod(directory, 0o755);
    const server = new Server(place ?? (await onLoopback()), directory);
    await server.resume();
    return server;
  }

  /** Where browsers find it. */
  get origin(): string {
    return this.place.origin;
  }

  /** Starts again on the same data directory and ports. */
  async resume(): Promise<void> {
    const child = spawn(
      BEDSIDE,
      ["up", "--demo", "--data-dir", join(this.directory, "data"), ...this.place.flags],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
    this.#log = [];
    process.once("exit", this.#killNow);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#read(line));
    }
    await this.#untilReady(child);
  }

  /** Ends it the way an operator does, the database included. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    process.off("exit", this.#killNow);
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await gone;
      clearTimeout(late);
    }
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** `kill -9`, as if the machine had lost its memory. */
  async crash(): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error("the server is not running");
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  readonly #killNow = (): void => void this.#child?.kill("SIGKILL");

  #read(line: string): void {
    const [word, role, email, password] = line.trim().split(/\s+/);
    if (word === "demo" && role !== undefined && email !== undefined && password !== undefined) {
      if (!this.accounts.some((account) => account.email === email)) this.accounts.push({ role, email, password });
      return;
    }
    if (LOG_FILE !== undefined) appendFileSync(LOG_FILE, `${line}\n`);
    this.#log.push(line);
    if (this.#log.length > LOG_LINES_KEPT) this.#log.shift();
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + READY_LIMIT_MS;
    const said = (): string => `\n${this.#log.join("\n")}`;
    while (Date.now() < deadline) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended while starting${said()}`);
      const answer = await fetch(`${this.origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
      if (answer?.status === 200) return;
      await new Promise((again) => setTimeout(again, 100));
    }
    throw new Error(`the server was not ready after ${READY_LIMIT_MS / 1000} s${said()}`);
  }
}

/**
 * A free port of this machine, with further flags; `localhost`, because the session cookie is Secure and the scheme is
 * http.
 */
export async function onLoopback(...further: readonly string[]): Promise<Place> {
  const port = await freePort();
  return { origin: `http://localhost:${port}`, flags: ["--http", `127.0.0.1:${port}`, "--media-port", "0", ...further] };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  if (address === null || typeof address === "string") throw new Error("no port was free");
  probe.close();
  await once(probe, "close");
  return address.port;
}
