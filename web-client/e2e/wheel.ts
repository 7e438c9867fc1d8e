import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const PYTHON = process.env["BEDSIDE_PYTHON"] ?? join(ROOT, "target/venv/bin/python");
const SCRIPT = join(ROOT, "signaling/tests/interop/livekit_wheel.py");

/** What the LiveKit Python SDK reports about the room it was in. */
export interface Witnessed {
  readonly ok: boolean;
  readonly frames: number;
  readonly publisher: string | null;
}

/** Puts the unmodified LiveKit Python SDK into a room until it decoded `frames` pictures, or for 90 s. */
export async function joinWithWheel(ticket: { url: string; token: string }, frames: number, ...flags: readonly string[]): Promise<Witnessed> {
  const limits = ["--frames", String(frames), "--timeout", "90"];
  const child = spawn(PYTHON, [SCRIPT, "--url", ticket.url, ...limits, ...flags], {
    // In the environment rather than the arguments: those show in the process list.
    env: { ...process.env, LIVEKIT_TOKEN: ticket.token },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let log = "";
  child.stdout.on("data", (text: Buffer) => (out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (log += text.toString()));
  await Promise.race([once(child, "close"), once(child, "error").then(([error]) => Promise.reject(error as Error))]);
  const line = out.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`the wheel said nothing; its log ends with:\n${log.slice(-2_000)}`);
  return JSON.parse(line) as Witnessed;
}
