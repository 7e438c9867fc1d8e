import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Server } from "./server";

const LIFETIME_S = 600;

const part = (value: object | Buffer): string => (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString("base64url");

/**
 * A media token as an operator's own tools may mint it with the key in the data directory: the
 * way in for a third party in tests, because invitations do not exist yet. No route hands it out.
 */
export async function mintToken(server: Server, room: string, identity: string): Promise<string> {
  const key = Buffer.from((await readFile(join(server.directory, "data/keys/media.key"), "utf8")).trim(), "hex");
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: "bedside", sub: identity, nbf: now - 1, exp: now + LIFETIME_S, video: { roomJoin: true, room } };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${part(createHmac("sha256", key).update(signed).digest())}`;
}
