import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const DELAY_LINE = join(import.meta.dirname, "../../../deploy/netns-delay.py");
/** The router's ends of the two cables. */
const CABLES = ["patient", "server"] as const;

/** What deploy/netns.sh tells of the namespaces it made. */
export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run these specs with deploy/netns.sh`);
  return value;
}

/** The network between the patient and the server; {@link heal} makes it whole again. */
export class Network {
  readonly #router = given("NETNS_ROUTER");
  readonly #patient = given("NETNS_PATIENT");
  #delay: ChildProcess | undefined;

  /** Nothing passes that matches an nft `rule`, in neither direction. */
  drop(...rules: readonly string[]): Promise<void> {
    return this.#forward(rules.map((rule) => `${rule} drop`));
  }

  /** TCP to the server's port 443 and its replies pass, nothing else. */
  only443(): Promise<void> {
    return this.#forward(["ip daddr 10.99.0.1 tcp dport 443 accept", "ip saddr 10.99.0.1 tcp sport 443 accept", "drop"]);
  }

  /** Every packet is lost with this probability, each way. */
  lose(percent: number): Promise<void> {
    return this.drop(`iifname { "${CABLES.join('", "')}" } numgen random mod 100 < ${percent}`);
  }

  /** Pulls or plugs the patient's cable; the browser notices, as with a lost Wi-Fi. */
  async cable(state: "down" | "up"): Promise<void> {
    await run("ip", ["-n", this.#patient, "link", "set", "eth0", state]);
    if (state === "up") await run("ip", ["-n", this.#patient, "route", "replace", "default", "via", "10.98.0.254"]);
  }

  /** No more than this each way, with a queue of 400 ms before the narrow place. */
  async narrow(kbitPerSecond: number): Promise<void> {
    for (const device of CABLES) {
      const filter = ["tbf", "rate", `${kbitPerSecond}kbit`, "burst", "6kb", "latency", "400ms"];
      await this.#inRouter("tc", "qdisc", "replace", "dev", device, "root", ...filter);
    }
  }

  async widen(): Promise<void> {
    for (const device of CABLES) await this.#inRouter("tc", "qdisc", "del", "dev", device, "root").catch(() => undefined);
  }

  /** Every packet takes this much longer, each way. */
  async delay(milliseconds: number): Promise<void> {
    const line = spawn("ip", ["netns", "exec", this.#router, "/usr/bin/python3", DELAY_LINE, "delay0", String(milliseconds)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#delay = line;
    await Promise.race([once(line.stdout, "data"), once(line, "exit").then(() => Promise.reject(new Error("the delay line ended")))]);
    await this.#inRouter("ip", "link", "set", "delay0", "up");
    await this.#inRouter("ip", "route", "add", "default", "dev", "delay0", "table", "100");
    for (const device of CABLES) await this.#inRouter("ip", "rule", "add", "iif", device, "lookup", "100");
  }

  /** As in the beginning. */
  async heal(): Promise<void> {
    await this.#forward([]);
    await this.widen();
    await this.cable("up");
    const line = this.#delay;
    this.#delay = undefined;
    if (line === undefined || line.exitCode !== null) return;
    for (const device of CABLES) await this.#inRouter("ip", "rule", "del", "iif", device, "lookup", "100");
    const gone = once(line, "exit");
    line.kill("SIGKILL");
    await gone;
  }

  async #forward(rules: readonly string[]): Promise<void> {
    // Added, deleted and made anew in one transaction, whether it was there or not.
    const table = ["add table inet fault", "delete table inet fault", "table inet fault {", "chain pass {", "type filter hook forward priority 0; policy accept;"];
    await this.#inRouter("nft", [...table, ...rules, "}", "}"].join("\n"));
  }

  async #inRouter(...command: readonly string[]): Promise<void> {
    await run("ip", ["netns", "exec", this.#router, ...command]);
  }
}
