import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Page } from "@playwright/test";
import type { Ticket } from "../shared/rtc/connection";

/** How somebody of the crowd comes. */
export interface Comer {
  readonly ticket: Ticket;
  readonly width: number;
  readonly height: number;
  readonly speaks: boolean;
}

const LEAVE_LIMIT_MS = 20_000;
const LOG_KEPT = 2_000;

/** Light publishers in one program beside the browser. */
export class Crowd {
  /** How many are in the room and publish. */
  #joined = 0;
  #log = "";
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor() {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, "crowd.mjs")], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.on("data", (text: Buffer) => (this.#log = `${this.#log}${text.toString()}`.slice(-LOG_KEPT)));
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (line.startsWith('{"joined"')) this.#joined = (JSON.parse(line) as { joined: number }).joined;
    });
  }

  /** Sends somebody to the room. */
  send({ ticket, ...how }: Comer): void {
    this.#child.stdin.write(`${JSON.stringify({ url: ticket.url, token: ticket.token, ...how })}\n`);
  }

  /** How many are in the room and publish; throws when the program has ended. */
  joined(): number {
    if (this.#child.exitCode !== null) throw new Error(`the crowd ended with ${this.#child.exitCode}:\n${this.#log}`);
    return this.#joined;
  }

  async leave(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), LEAVE_LIMIT_MS);
    this.#child.stdin.end();
    await exit;
    clearTimeout(late);
  }
}

/** A picture that a page receives. */
export interface Inbound {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly bytes: number;
}

/** Every picture that a page receives, by getStats. */
export function inbound(page: Page): Promise<Inbound[]> {
  return page.evaluate(async () => {
    const peers = (globalThis as unknown as { peersOfTest: RTCPeerConnection[] }).peersOfTest;
    const found: Inbound[] = [];
    for (const peer of peers.filter((one) => one.connectionState === "connected")) {
      (await peer.getStats()).forEach((stat: RTCInboundRtpStreamStats) => {
        if (stat.type !== "inbound-rtp" || stat.kind !== "video") return;
        found.push({
          id: stat.trackIdentifier,
          width: stat.frameWidth ?? 0,
          height: stat.frameHeight ?? 0,
          frames: stat.framesDecoded ?? 0,
          bytes: stat.bytesReceived ?? 0,
        });
      });
    }
    return found;
  });
}

/** Those whose pictures move: they had more at `after` than at `before`. */
export function moving(before: readonly Inbound[], after: readonly Inbound[]): Inbound[] {
  const had = new Map(before.map(({ id, frames }) => [id, frames]));
  return after.filter(({ id, frames }) => frames > (had.get(id) ?? 0));
}
