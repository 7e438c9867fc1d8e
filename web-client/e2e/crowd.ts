import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What the crowd has received so far from one person. */
export interface Heard {
  /** Pictures decoded. */
  readonly frames: number;
  /** Width of the last one. */
  readonly width: number;
  readonly samples: number;
  /** The loudest sample; 0 is silence. */
  readonly peak: number;
}

interface Order {
  readonly url: string;
  /** One peer connection instead of two. */
  readonly single: boolean;
  readonly people: readonly { readonly token: string; readonly subscribe: boolean }[];
}

const LEAVE_LIMIT_MS = 15_000;
const LOG_KEPT = 2_000;

/** People in a room who come with the unmodified `@livekit/rtc-node`; each sends a picture and a tone. */
export class Crowd {
  /** How many have joined and publish. */
  joined = 0;
  /** By identity, what those received who subscribe. */
  heard: Readonly<Record<string, Heard>> = {};
  #log = "";

  private constructor(readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    child.stderr.on("data", (text: Buffer) => (this.#log = `${this.#log}${text.toString()}`.slice(-LOG_KEPT)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      // The native library may write lines of its own.
      if (line.startsWith("{")) Object.assign(this, JSON.parse(line) as Pick<Crowd, "joined" | "heard">);
    });
  }

  static send(order: Order): Crowd {
    const child = spawn(process.execPath, [join(import.meta.dirname, "crowd.mjs")], { stdio: ["pipe","pipe","pipe"] });
    const crowd = new Crowd(child);
    child.stdin.write(`${JSON.stringify(order)}\n`);
    return crowd;
  }

  /** How many have joined; throws when the program has ended. */
  present(): number {
    if (this.child.exitCode !== null) throw new Error(`the crowd went home with ${this.child.exitCode}:\n${this.#log}`);
    return this.joined;
  }

  /** Only this one makes a sound from now on. */
  letSpeak(index: number): void {
    this.child.stdin.write(`${JSON.stringify({ speak: index })}\n`);
  }

  /** Everybody leaves as one does; a program that hangs is ended and told about. */
  async leave(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit") as Promise<[number | null, string | null]>;
    const late = setTimeout(() => this.child.kill("SIGKILL"), LEAVE_LIMIT_MS);
    this.child.stdin.end();
    const [code, signal] = await exit;
    clearTimeout(late);
    if (signal === "SIGKILL" || code !== 0) throw new Error(`the crowd did not leave well (${code ?? signal}):\n${this.#log}`);
  }
}
