import { createHmac } from "node:crypto";

const STEP_MS = 30_000;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function bytesOf(key: string): Buffer {
  const bits = [...key.toUpperCase().replaceAll(/[^A-Z2-7]/g, "")].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** The six digits of a step (RFC 6238 with the defaults that apps use). */
export function codeAt(key: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", bytesOf(key)).update(counter).digest();
  const offset = (mac[mac.length - 1] ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

/** An authenticator app. A code counts once, so each call gives one of a later step than the calls before. */
export class AuthenticatorApp {
  #last = 0;

  constructor(readonly key: string) {}

  /** A code that the server has not seen and that counts now: it takes a step early or late. */
  async code(): Promise<string> {
    const present = (): number => Math.floor(Date.now() / STEP_MS);
    const step = Math.max(this.#last + 1, present() - 1);
    while (step > present() + 1) await new Promise((again) => setTimeout(again, 250));
    this.#last = step;
    return codeAt(this.key, step);
  }

  /** Six digits that are no code of any step that counts now. */
  wrong(): string {
    const present = Math.floor(Date.now() / STEP_MS);
    const right = new Set([-3, -2, -1, 0, 1, 2, 3].map((off) => codeAt(this.key, present + off)));
    return ["000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777"].find((code) => !right.has(code)) ?? "888888";
  }
}
