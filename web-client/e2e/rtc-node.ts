import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What the SDK has received so far from one person. */
export interface Heard {
  /** Pictures decoded. */
  readonly frames: number;
  /** The loudest sample; 0 is silence. */
  readonly peak: number;
}

interface Order {
  readonly url: string;
  readonly token: string;
  /** One peer connection instead of two. */
  readonly single: boolean;
}

const LEAVE_LIMIT_MS = 15_000;
const LOG_KEPT = 2_000;

/** Somebody in a room with the unmodified `@livekit/rtc-node`, who sends a picture and a tone. */
export class NodeClient {
  /** Is in the room and publishes. */
  #joined = false;
  /** What it received, by identity. */
  heard: Readonly<Record<string, Heard>> = {};
  #log = "";

  private constructor(readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    child.stderr.on("data", (text: Buffer) => (this.#log = `${this.#log}${text.toString()}`.slice(-LOG_KEPT)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      // The native library may write lines of its own.
      if (!line.startsWith('{"joined"')) return;
      const report = JSON.parse(line) as { joined: boolean; heard: Readonly<Record<string, Heard>> };
      this.#joined = report.joined;
      this.heard = report.heard;
    });
  }

  static join(order: Order): NodeClient {
    const child = spawn(process.execPath, [join(import.meta.dirname, "rtc-node.mjs")], { stdio: ["pipe", "pipe", "pipe"] });
    const client = new NodeClient(child);
    child.stdin.write(`${JSON.stringify(order)}\n`);
    return client;
  }

  /** Whether it is in the room and publishes; throws when the program has ended. */
  joined(): boolean {
    if (this.child.exitCode !== null) throw new Error(`the SDK ended with ${this.child.exitCode}:\n${this.#log}`);
    return this.#joined;
  }

  /** Leaves as one does; a program that hangs is ended and told about. */
  async leave(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit") as Promise<[number | null, string | null]>;
    const late = setTimeout(() => this.child.kill("SIGKILL"), LEAVE_LIMIT_MS);
    this.child.stdin.end();
    const [code, signal] = await exit;
    clearTimeout(late);
    if (signal === "SIGKILL" || code !== 0) throw new Error(`the SDK did not leave well (${code ?? signal}):\n${this.#log}`);
  }
}
