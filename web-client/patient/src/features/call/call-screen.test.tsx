import { QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { ConnectionQuality, DisconnectReason, RoomEvent, Track } from "livekit-client";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createQueryClient } from "@shared/api/queries";
import { startCall } from "@shared/rtc/call";
import type { EndReason } from "@shared/rtc/connection";
import { FakeBackend } from "@shared/testing/fake-backend";
import { FakeChatHub } from "@shared/testing/fake-chat-hub";
import { FakeRoom } from "@shared/testing/fake-room";
import { doctorAccountId, patientAccount, visit as makeVisit } from "@shared/testing/fixtures";
import { LiveProvider } from "../../lib/live";
import { CallScreen } from "./call-screen";

const server = setupServer();
const visit = makeVisit({ state: "in_progress", consent_telehealth: true });
let room: FakeRoom;
let hub: FakeChatHub;
let ended: ReturnType<typeof vi.fn<(why: EndReason) => void>>;
let wide: boolean;

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  server.use(...new FakeBackend().handlers, http.all("*", () => HttpResponse.error()));
  room = new FakeRoom();
  hub = new FakeChatHub(patientAccount.id);
  ended = vi.fn<(why: EndReason) => void>();
  wide = true;
  vi.stubGlobal("WebSocket", hub.WebSocket);
  vi.stubGlobal("matchMedia", () => ({ matches: wide, addEventListener: () => undefined, removeEventListener: () => undefined }));
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

async function enter(): Promise<ReturnType<typeof userEvent.setup>> {
  const ticket = () => Promise.resolve({ url: "ws://clinic.example", token: "t" });
  render(
    <QueryClientProvider client={createQueryClient(() => undefined)}>
      <LiveProvider account={patientAccount.id}>
        <CallScreen visit={visit} ticket={ticket()} devices={{}} onEnded={ended} begin={() => startCall({ room: room.asRoom(), ticket })} />
      </LiveProvider>
    </QueryClientProvider>,
  );
  await screen.findByRole("button", { name: "Mute microphone" });
  return userEvent.setup();
}
const button = (name: string | RegExp): HTMLElement => screen.getByRole("button", { name });
const say = (sender: string, text: string): void =>
  act(() => void hub.publish(visit.conversation_id, { kind: "message", sender, client_msg_id: crypto.randomUUID(), text }));

test("controls carry their stable names and follow what they do", async () => {
  const user = await enter();
  await user.click(button("Mute microphone"));
  await screen.findByRole("button", { name: "Unmute microphone" });
  await user.click(button("Stop camera"));
  await screen.findByRole("button", { name: "Start camera" });
  expect(room.localParticipant.getTrackPublication(Track.Source.Microphone)?.isMuted).toBe(true);
  expect(room.localParticipant.getTrackPublication(Track.Source.Camera)?.isMuted).toBe(true);
});

test("screen sharing is offered where the browser can do it", async () => {
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: { getDisplayMedia: () => undefined, enumerateDevices: () => Promise.resolve([]) } });
  const user = await enter();
  await user.click(button("Share screen"));
  expect(await screen.findByRole("button", { name: "Stop sharing" })).toBeVisible();
  Reflect.deleteProperty(navigator, "mediaDevices");
});

test("and not on a phone that cannot", async () => {
  await enter();
  expect(screen.queryByRole("button", { name: "Share screen" })).toBeNull();
});

test("waiting alone is reassuring, and the clinician then takes the stage", async () => {
  await enter();
  expect(screen.getByText("Dr. Ama Osei joins in a moment")).toBeVisible();
  act(() => {
    room.join("dr", "Dr. Ama Osei").publish(Track.Source.Camera);
    room.emit(RoomEvent.TrackPublished);
  });
  expect(await screen.findByLabelText("Picture of Dr. Ama Osei")).toBeVisible();
});

test("several people are tiles with name and state, and a press makes one large", async () => {
  const user = await enter();
  act(() => {
    const interpreter = room.join("in", "Rosa Klein");
    interpreter.publish(Track.Source.Camera).track.streamState = Track.StreamState.Paused;
    interpreter.connectionQuality = ConnectionQuality.Poor;
    room.join("dr", "Dr. Ama Osei").publish(Track.Source.Camera);
    room.emit(RoomEvent.TrackPublished);
  });
  const tile = (await screen.findByLabelText("Picture of Rosa Klein")).closest("figure") ?? document.body;
  expect(within(tile).getByText("Picture paused to keep the sound")).toBeVisible();
  expect(within(tile).getByRole("img", { name: "Weak connection" })).toBeVisible();
  expect(within(tile).getByRole("img", { name: "Microphone off" })).toBeVisible();
  expect(screen.getByText("3 people")).toBeVisible();
  expect(screen.queryByRole("button", { name: /Your picture/ })).toBeNull();
  await user.click(button("Show Dr. Ama Osei large"));
  expect(button("Show Dr. Ama Osei large")).toHaveAttribute("aria-pressed", "true");
  await user.click(button("Unpin"));
  expect(button("Show Dr. Ama Osei large")).toHaveAttribute("aria-pressed", "false");
});

test("messages go both ways", async () => {
  const user = await enter();
  const log = screen.getByRole("log", { name: "Messages" });
  say(doctorAccountId, "Can you hear me?");
  expect(await within(log).findByText("Can you hear me?")).toBeVisible();
  await user.type(screen.getByLabelText("Message"), "Yes{Enter}");
  expect(await within(log).findByText("Yes")).toBeVisible();
  await waitFor(() => expect(hub.of(visit.conversation_id)).toHaveLength(2));
  expect(screen.getByLabelText("Message")).toHaveValue("");
  await waitFor(() => expect(within(log).queryByText("Sending…")).toBeNull());
});

test("on a small screen the chat is closed and counts what is new", async () => {
  wide = false;
  const user = await enter();
  await waitFor(() => expect(hub.live).toHaveLength(1));
  say(doctorAccountId, "Please show me your arm.");
  await user.click(await screen.findByRole("button", { name: "Chat, 1 new" }));
  expect(await screen.findByText("Please show me your arm.")).toBeVisible();
  await user.click(button("Close chat"));
  expect(await screen.findByRole("button", { name: "Chat" })).toBeVisible();
});

test("an interrupted connection is said, and comes back by itself", async () => {
  await enter();
  act(() => room.emit(RoomEvent.Reconnecting));
  expect(await screen.findByText(/Reconnecting by itself/)).toBeVisible();
  expect(button("Mute microphone")).toHaveAttribute("aria-disabled", "true");
  act(() => room.emit(RoomEvent.Reconnected));
  await waitFor(() => expect(screen.queryByText(/Reconnecting by itself/)).toBeNull());
});

test("sound held back asks for a tap", async () => {
  const user = await enter();
  room.canPlaybackAudio = false;
  act(() => room.emit(RoomEvent.AudioPlaybackStatusChanged));
  await user.click(await screen.findByRole("button", { name: "Tap to hear" }));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Tap to hear" })).toBeNull());
});

test("leaving and being ended are told apart", async () => {
  const user = await enter();
  await user.click(button("Leave"));
  expect(ended).toHaveBeenCalledWith({ kind: "left" });
});

test("the clinician's end reaches this side", async () => {
  await enter();
  act(() => room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED));
  expect(ended).toHaveBeenCalledWith({ kind: "closed" });
});

test("leaving the screen lets go of the room", async () => {
  await enter();
  const before = room.disconnects;
  cleanup();
  expect(room.disconnects).toBe(before + 1);
  expect(room.listenerCount).toBe(0);
});

test("the own picture moves by keyboard", async () => {
  const user = await enter();
  const self = await screen.findByRole("button", { name: /Your picture/ });
  self.focus();
  await user.keyboard("{ArrowUp}");
  expect(self).toHaveAttribute("data-corner", "top-right");
});
