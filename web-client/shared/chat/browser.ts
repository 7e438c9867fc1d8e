import { api, take } from "@shared/api/client";
import { ApiError } from "@shared/api/error";
import type { Event } from "@shared/api/generated/protocol";
import { ChatConnection } from "./chat";

/** Events read at most when a gap is too long for the socket. */
const HISTORY_LIMIT = 200;
const HISTORY_TIMEOUT_MS = 15_000;

/** The chat of the signed-in `account` with the server this page came from; not started yet. */
export function createChat(account: string): ChatConnection {
  const { origin } = globalThis.location;
  const token = async (): Promise<string> => (await take(api.POST("/api/v1/session/token"))).token;
  return new ChatConnection({ url: `${origin.replace(/^http/, "ws")}/chat/ws`, account, token, history: (conv) => history(origin, conv, token) });
}

/** Chat takes the short token only, never the cookie; so this is not a call of the API's client. */
async function history(origin: string, conv: string, token: () => Promise<string>): Promise<readonly Event[]> {
  const answer = await fetch(`${origin}/chat/conversations/${encodeURIComponent(conv)}/events?limit=${HISTORY_LIMIT}`, {
    headers: { authorization: `Bearer ${await token()}` },
    credentials: "omit",
    signal: AbortSignal.timeout(HISTORY_TIMEOUT_MS),
  });
  const body: unknown = await answer.json();
  if (!answer.ok) throw ApiError.fromProblem(answer.status, body);
  return (body as { items: Event[] }).items;
}

/**
 * Starts `chat` and wakes it when the network or the page comes back, until the returned function
 * is called: background tabs and sleeping phones throttle timers, so waiting for one is not enough.
 */
export function keepAwake(chat: ChatConnection): () => void {
  const wake = (): void => {
    if (document.visibilityState === "visible") chat.wake();
  };
  window.addEventListener("online", wake);
  window.addEventListener("pageshow", wake);
  document.addEventListener("visibilitychange", wake);
  chat.start();
  return () => {
    window.removeEventListener("online", wake);
    window.removeEventListener("pageshow", wake);
    document.removeEventListener("visibilitychange", wake);
    chat.stop();
  };
}
