import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Event, Head } from "@shared/api/generated/protocol";
import { ApiError } from "@shared/api/error";
import { FakeSocket } from "@shared/testing/fake-socket";
import { ChatConnection, type ChatOptions } from "./chat";

const CONV = "c1";
const ROOM = "clinic";
const ME = "me";
const DR = "dr";

let sockets: FakeSocket[];
let chat: ChatConnection;
let options: ChatOptions & { token: ReturnType<typeof vi.fn<() => Promise<string>>>; history: ReturnType<typeof vi.fn> };
let ids: number;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  ids = 0;
  options = {
    url: "ws://clinic.example/chat/ws",
    account: ME,
    token: vi.fn<() => Promise<string>>(() => Promise.resolve("jwt")),
    history: vi.fn(() => Promise.resolve([])),
    open: (url, subprotocol) => {
      const socket = new FakeSocket(url, subprotocol);
      sockets.push(socket);
      return socket.asSocket();
    },
    random: () => 0.5,
    uuid: () => `id-${(ids += 1)}`,
    now: () => "2026-11-23T10:00:00Z",
  };
  chat = new ChatConnection(options);
});
afterEach(() => {
  chat.stop();
  vi.useRealTimers();
});

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const last = (): FakeSocket => sockets[sockets.length - 1]!;
const message = (seq: number, text = `text ${seq}`, sender = DR, key = `k${seq}`): Event => ({
  conv: CONV,
  seq,
  id: `e${seq}`,
  at: "2026-11-23T10:00:00Z",
  body: { kind: "message", sender, client_msg_id: key, text },
});
const push = (event: Event): void => last().push({ type: "event", ...event });
const texts = (): string[] => chat.conversation(CONV).get().messages.map((one) => `${one.text}:${one.state}`);

async function online(heads: Head[] = [{ conv: CONV, kind: "visit", head: 0, read: 0 }]): Promise<FakeSocket> {
  chat.start();
  await settle();
  hello(heads);
  return last();
}
function hello(heads: Head[] = [{ conv: CONV, kind: "visit", head: 0, read: 0 }]): void {
  last().accept();
  last().push({ type: "hello", conn: "x", epoch: "y", account: ME, heads });
}
async function reconnect(): Promise<void> {
  last().lose();
  await vi.advanceTimersByTimeAsync(1_000);
  hello();
}

test("authenticates with a fresh token before anything else", async () => {
  chat.start();
  await settle();
  expect(last().subprotocol).toBe("bedside.v1");
  last().accept();
  expect(last().sent).toEqual([{ type: "auth", token: "jwt" }]);
  expect(chat.status.get()).toBe("connecting");
  hello();
  expect(chat.status.get()).toBe("online");
});

test("an open conversation is resumed from its start, others from their head", async () => {
  chat.open(CONV);
  const socket = await online([
    { conv: CONV, kind: "visit", head: 9, read: 0 },
    { conv: ROOM, kind: "waiting_room", head: 40, read: 0 },
  ]);
  expect(socket.of("resume")[0]?.after).toEqual({ [CONV]: 0, [ROOM]: 40 });
});

test("opening later a conversation followed from its head reads it from the start", async () => {
  const socket = await online([{ conv: CONV, kind: "visit", head: 9, read: 0 }]);
  expect(socket.of("resume")[0]?.after).toEqual({ [CONV]: 9 });
  chat.open(CONV);
  expect(socket.of("resume")[1]?.after).toEqual({ [CONV]: 0 });
});

test("a message is shown at once, stored by its ack, and never twice", async () => {
  const socket = await online();
  expect(chat.send(CONV, "  Hello  ")).toBe("queued");
  expect(texts()).toEqual(["Hello:sending"]);
  expect(socket.of("send")).toEqual([{ type: "send", client_msg_id: "id-1", conv: CONV, text: "Hello" }]);
  socket.push({ type: "ack", client_msg_id: "id-1", conv: CONV, seq: 1, id: "e1", at: "2026-11-23T10:00:01Z", duplicate: false });
  expect(texts()).toEqual(["Hello:sent"]);
  push(message(1, "Hello", ME, "id-1"));
  expect(texts()).toEqual(["Hello:sent"]);
});

test("an event before its ack leaves one message too", async () => {
  const socket = await online();
  chat.send(CONV, "Hello");
  push(message(1, "Hello", ME, "id-1"));
  socket.push({ type: "ack", client_msg_id: "id-1", conv: CONV, seq: 1, id: "e1", at: "x", duplicate: false });
  expect(texts()).toEqual(["Hello:sent"]);
});

test("what was never acknowledged is sent again after a reconnect, under the same id", async () => {
  await online();
  chat.send(CONV, "one");
  chat.send(CONV, "two");
  last().push({ type: "ack", client_msg_id: "id-1", conv: CONV, seq: 1, id: "e1", at: "x", duplicate: false });
  await reconnect();
  expect(last().of("send").map((one) => one.client_msg_id)).toEqual(["id-2"]);
});

test("what was written while offline goes out after the reconnect", async () => {
  await online();
  last().lose();
  expect(chat.send(CONV, "later")).toBe("queued");
  expect(chat.status.get()).toBe("offline");
  await vi.advanceTimersByTimeAsync(1_000);
  hello();
  expect(last().of("send").map((one) => one.text)).toEqual(["later"]);
});

test("a reconnect resumes after the last event applied", async () => {
  await online();
  push(message(1));
  push(message(2));
  await reconnect();
  expect(last().of("resume")[0]?.after).toEqual({ [CONV]: 2 });
});

test("repeated events are shown once and told once", async () => {
  await online();
  const heard = vi.fn();
  chat.onEvent(heard);
  push(message(1));
  push(message(1));
  expect(texts()).toEqual(["text 1:sent"]);
  expect(heard).toHaveBeenCalledTimes(1);
});

test("a gap is filled by one resume and nothing is shown out of order", async () => {
  const socket = await online();
  socket.push({ type: "resumed", convs: [CONV] });
  push(message(1));
  push(message(3));
  push(message(4));
  expect(texts()).toEqual(["text 1:sent"]);
  expect(socket.of("resume").slice(1)).toEqual([{ type: "resume", after: { [CONV]: 1 } }]);
  for (const seq of [2, 3, 4]) push(message(seq));
  expect(texts()).toEqual(["text 1:sent", "text 2:sent", "text 3:sent", "text 4:sent"]);
});

test("a resync reads the history and resumes from the head", async () => {
  options.history.mockResolvedValue([message(501), message(500)]);
  chat.open(CONV);
  const socket = await online();
  socket.push({ type: "resync", conv: CONV, head: 501 });
  await settle();
  expect(texts()).toEqual(["text 500:sent", "text 501:sent"]);
  expect(socket.of("resume").pop()?.after).toEqual({ [CONV]: 501 });
});

test("a history that cannot be read is tried again", async () => {
  options.history.mockRejectedValueOnce(new ApiError("network", 0, "away")).mockResolvedValue([message(500)]);
  chat.open(CONV);
  const socket = await online();
  socket.push({ type: "resync", conv: CONV, head: 500 });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(texts()).toEqual(["text 500:sent"]);
});

test("a refused message fails visibly and can be sent again", async () => {
  const socket = await online();
  chat.send(CONV, "Hello");
  socket.push({ type: "error", code: "forbidden", detail: "no", client_msg_id: "id-1", conv: CONV });
  expect(texts()).toEqual(["Hello:failed"]);
  chat.retry(CONV, "id-1");
  expect(texts()).toEqual(["Hello:sending"]);
  expect(socket.of("send").map((one) => one.client_msg_id)).toEqual(["id-1", "id-1"]);
});

test("a passing trouble keeps the message waiting", async () => {
  const socket = await online();
  chat.send(CONV, "Hello");
  socket.push({ type: "error", code: "unavailable", detail: "restart", client_msg_id: "id-1", conv: CONV });
  expect(texts()).toEqual(["Hello:sending"]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(socket.of("send").map((one) => one.client_msg_id)).toEqual(["id-1", "id-1"]);
});

test("a resume that fails for a passing reason is asked for again", async () => {
  const socket = await online();
  push(message(1));
  socket.push({ type: "error", code: "unavailable", detail: "restart", client_msg_id: null, conv: CONV });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(socket.of("resume").pop()?.after).toEqual({ [CONV]: 1 });
});

test("empty and oversized texts never leave the page", async () => {
  const socket = await online();
  expect(chat.send(CONV, "   ")).toBe("empty");
  expect(chat.send(CONV, "ü".repeat(8_193))).toBe("too_long");
  expect(chat.send(CONV, "ü".repeat(8_192))).toBe("queued");
  expect(socket.of("send")).toHaveLength(1);
});

test("at most a hundred messages wait", async () => {
  for (let at = 0; at < 100; at += 1) expect(chat.send(CONV, "x")).toBe("queued");
  expect(chat.send(CONV, "x")).toBe("full");
});

test("a closed conversation takes no more", async () => {
  await online();
  push({ ...message(1), body: { kind: "closed" } });
  expect(chat.send(CONV, "Hello")).toBe("closed");
});

test("silence after a ping is a lost connection", async () => {
  const socket = await online();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(socket.of("ping")).toHaveLength(1);
  socket.push({ type: "pong", nonce: 1 });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(socket.of("ping")).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(chat.status.get()).toBe("offline");
  expect(socket.isClosed).toBe(true);
});

test("no hello in time is a lost connection", async () => {
  chat.start();
  await settle();
  last().accept();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(chat.status.get()).toBe("offline");
});

test("pauses between tries grow, and a hello starts them anew", async () => {
  options.token.mockRejectedValue(new ApiError("network", 0, "away"));
  chat.start();
  await settle();
  const tries: number[] = [];
  for (const pause of [375, 750, 1_500, 3_000]) {
    await vi.advanceTimersByTimeAsync(pause - 1);
    tries.push(options.token.mock.calls.length);
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(tries).toEqual([1, 2, 3, 4]);
});

test("waking tries at once instead of waiting", async () => {
  await online();
  last().lose();
  chat.wake();
  await settle();
  expect(sockets).toHaveLength(2);
});

test("an ended session stops the tries and says so", async () => {
  await online();
  options.token.mockRejectedValue(new ApiError("session_expired", 401, "over"));
  last().lose(4401);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(chat.status.get()).toBe("signed_out");
  expect(sockets).toHaveLength(1);
});

test("the token is renewed in band before it expires", async () => {
  const socket = await online();
  options.token.mockResolvedValue("newer");
  for (let at = 0; at < 12; at += 1) {
    await vi.advanceTimersByTimeAsync(20_000);
    socket.push({ type: "pong", nonce: at + 1 });
  }
  expect(socket.of("auth_refresh")).toEqual([{ type: "auth_refresh", token: "newer" }]);
});

test("late frames of an old socket are ignored", async () => {
  const old = await online();
  await reconnect();
  old.push({ type: "event", ...message(1) });
  expect(texts()).toEqual([]);
});

test("frames that are not ours change nothing", async () => {
  const socket = await online();
  for (const frame of ["", "[]", "{\"type\":7}", "{\"type\":\"from_the_future\"}", new Blob()]) socket.pushRaw(frame);
  expect(chat.status.get()).toBe("online");
});

test("typing is told at most every three seconds and fades by itself", async () => {
  const socket = await online();
  chat.typing(CONV);
  chat.typing(CONV);
  expect(socket.of("typing")).toHaveLength(1);
  socket.push({ type: "typing", conv: CONV, account: DR });
  expect(chat.conversation(CONV).get().typing).toEqual([DR]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(chat.conversation(CONV).get().typing).toEqual([]);
});

test("reading is told with the last sequence, and others' reading is kept", async () => {
  const socket = await online();
  push(message(1));
  chat.markRead(CONV);
  expect(socket.of("read")).toEqual([{ type: "read", conv: CONV, upto: 1 }]);
  socket.push({ type: "read", conv: CONV, account: DR, upto: 1 });
  expect(chat.conversation(CONV).get().reads).toEqual({ [DR]: 1 });
});

test("joining a conversation later resumes it", async () => {
  const socket = await online([]);
  socket.push({ type: "joined", head: { conv: CONV, kind: "visit", head: 0, read: 0 } });
  expect(socket.of("resume").pop()?.after).toEqual({ [CONV]: 0 });
});

test("stopping ends every timer", async () => {
  const socket = await online();
  chat.typing(CONV);
  socket.push({ type: "typing", conv: CONV, account: DR });
  socket.push({ type: "error", code: "unavailable", detail: "", client_msg_id: null, conv: CONV });
  last().lose();
  chat.stop();
  expect(vi.getTimerCount()).toBe(0);
});
