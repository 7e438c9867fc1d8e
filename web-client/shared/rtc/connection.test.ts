import { DisconnectReason, RoomEvent } from "livekit-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "@shared/api/error";
import { FakeRoom } from "@shared/testing/fake-room";
import { Connection, type Ticket } from "./connection";

const ticket: Ticket = { url: "ws://clinic.example", token: "t1" };
let room: FakeRoom;

beforeEach(() => {
  vi.useFakeTimers();
  room = new FakeRoom();
});
afterEach(() => vi.useRealTimers());

function begin(fetchTicket: () => Promise<Ticket> = () => Promise.resolve(ticket)): Connection {
  const connection = new Connection(room.asRoom(), fetchTicket);
  connection.start();
  return connection;
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test("connects with the server's ticket", async () => {
  const connection = begin();
  expect(connection.phase.get()).toEqual({ name: "connecting" });
  await settle();
  expect(room.connects).toEqual([ticket]);
  expect(connection.phase.get()).toEqual({ name: "connected" });
});

test("a refused join ends with the server's code and is not retried", async () => {
  const fetchTicket = vi.fn(() => Promise.reject(new ApiError("not_admitted", 403, "Please wait.")));
  const connection = begin(fetchTicket);
  await vi.runAllTimersAsync();
  expect(connection.phase.get()).toEqual({
    name: "ended",
    why: { kind: "refused", code: "not_admitted", detail: "Please wait." },
  });
  expect(fetchTicket).toHaveBeenCalledTimes(1);
  expect(room.connects).toHaveLength(0);
});

test("a server away is asked again until it answers", async () => {
  const fetchTicket = vi
    .fn<() => Promise<Ticket>>()
    .mockRejectedValueOnce(new ApiError("network", 0, "away"))
    .mockRejectedValueOnce(new ApiError("unavailable", 503, "starting"))
    .mockResolvedValue(ticket);
  const connection = begin(fetchTicket);
  await vi.runAllTimersAsync();
  expect(fetchTicket).toHaveBeenCalledTimes(3);
  expect(connection.phase.get()).toEqual({ name: "connected" });
});

test("after a lost session a new ticket is fetched and the room joined again", async () => {
  let issued = 0;
  const connection = begin(() => Promise.resolve({ url: ticket.url, token: `t${(issued += 1)}` }));
  await settle();
  room.emit(RoomEvent.Disconnected, DisconnectReason.STATE_MISMATCH);
  expect(connection.phase.get()).toEqual({ name: "reconnecting" });
  await vi.runAllTimersAsync();
  expect(room.connects.map((one) => one.token)).toEqual(["t1", "t2"]);
  expect(connection.phase.get()).toEqual({ name: "connected" });
});

test("short losses are livekit-client's own; no second ticket is asked for", async () => {
  const connection = begin();
  await settle();
  room.emit(RoomEvent.SignalReconnecting);
  expect(connection.phase.get()).toEqual({ name: "reconnecting" });
  room.emit(RoomEvent.Reconnected);
  await vi.runAllTimersAsync();
  expect(connection.phase.get()).toEqual({ name: "connected" });
  expect(room.connects).toHaveLength(1);
});

test.each([
  [DisconnectReason.DUPLICATE_IDENTITY, "elsewhere"],
  [DisconnectReason.PARTICIPANT_REMOVED, "removed"],
  [DisconnectReason.ROOM_DELETED, "closed"],
  [DisconnectReason.ROOM_CLOSED, "closed"],
])("reason %i ends the call as %s and stays ended", async (reason, kind) => {
  const connection = begin();
  await settle();
  room.emit(RoomEvent.Disconnected, reason);
  await vi.runAllTimersAsync();
  expect(connection.phase.get()).toEqual({ name: "ended", why: { kind } });
  expect(room.connects).toHaveLength(1);
});

test("gives up as unreachable after its bounded tries, and can be started again", async () => {
  let away = true;
  const fetchTicket = vi.fn(() => (away ? Promise.reject(new ApiError("network", 0, "away")) : Promise.resolve(ticket)));
  const connection = begin(fetchTicket);
  await vi.runAllTimersAsync();
  expect(fetchTicket).toHaveBeenCalledTimes(21);
  expect(connection.phase.get()).toEqual({ name: "ended", why: { kind: "unreachable" } });
  away = false;
  connection.start();
  await settle();
  expect(connection.phase.get()).toEqual({ name: "connected" });
});

test("leaving while a connect is under way disconnects the room that came up", async () => {
  let finish = (): void => undefined;
  room.onConnect = () => new Promise((resolve) => (finish = resolve));
  const connection = begin();
  await settle();
  connection.leave();
  const before = room.disconnects;
  finish();
  await settle();
  expect(connection.phase.get()).toEqual({ name: "ended", why: { kind: "left" } });
  expect(room.disconnects).toBeGreaterThan(before);
});

test("dispose leaves no listener and no timer", async () => {
  const connection = begin();
  await settle();
  room.emit(RoomEvent.Disconnected, DisconnectReason.SIGNAL_CLOSE);
  connection.dispose();
  expect(room.listenerCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
