import { ConnectionQuality, RoomEvent, Track } from "livekit-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeRoom } from "@shared/testing/fake-room";
import { type Call, type CallView, startCall } from "./call";

let room: FakeRoom;
let call: Call;
const view = (): CallView => call.view.get();

beforeEach(async () => {
  vi.useFakeTimers();
  room = new FakeRoom();
  call = startCall({ room: room.asRoom(), ticket: () => Promise.resolve({ url: "ws://clinic.example", token: "t" }) });
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  call.dispose();
  vi.useRealTimers();
});

test("joining sends microphone and camera and shows the own picture", () => {
  expect(view().phase.name).toBe("connected");
  expect(view().local.microphone.on).toBe(true);
  expect(view().local.camera.on).toBe(true);
  expect(view().layout.self?.id).toBe("TR_me_camera");
  expect(view().layout.stage.kind).toBe("alone");
});

test("mute and unmute follow the room", async () => {
  view().actions.toggleMicrophone?.();
  expect(view().actions.toggleMicrophone).toBeUndefined();
  await vi.advanceTimersByTimeAsync(0);
  expect(view().local.microphone.on).toBe(false);
  view().actions.toggleMicrophone?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(view().local.microphone.on).toBe(true);
});

test("a stopped camera stays stopped when the session is renewed", async () => {
  view().actions.toggleCamera?.();
  await vi.advanceTimersByTimeAsync(0);
  room.localParticipant.publications.clear();
  room.emit(RoomEvent.Disconnected, undefined);
  await vi.runAllTimersAsync();
  expect(room.connects).toHaveLength(2);
  expect(view().local.microphone.on).toBe(true);
  expect(view().local.camera.on).toBe(false);
});

test("a refused camera becomes a plain notice and leaves the sound alone", async () => {
  view().actions.toggleCamera?.();
  await vi.advanceTimersByTimeAsync(0);
  room.localParticipant.captureErrors.set(Track.Source.Camera, new DOMException("no", "NotAllowedError"));
  view().actions.toggleCamera?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(view().local.camera.problem?.code).toBe("denied");
  expect(view().notice).toMatchObject({ kind: "camera-problem" });
  expect(view().local.microphone.on).toBe(true);
});

test("without a way to capture a screen there is no such action", () => {
  expect(view().actions.toggleScreen).toBeUndefined();
});

describe("with the clinician", () => {
  beforeEach(() => {
    const other = room.join("dr", "Dr. Osei");
    other.publish(Track.Source.Camera);
    room.emit(RoomEvent.TrackSubscribed, other.publications.get(Track.Source.Camera)?.track);
  });

  test("they take the stage with their picture", () => {
    expect(view().layout.stage).toMatchObject({ kind: "person", of: { name: "Dr. Osei", camera: { id: "TR_dr_camera" } } });
  });

  test("a muted camera takes the picture away and keeps the person", () => {
    const publication = room.remoteParticipants.get("dr")?.publications.get(Track.Source.Camera);
    if (publication) publication.isMuted = true;
    room.emit(RoomEvent.TrackMuted);
    const stage = view().layout.stage;
    expect(stage.kind === "person" && stage.of.camera).toBeUndefined();
  });

  test("a shared screen takes the stage and the face goes beside it", () => {
    room.remoteParticipants.get("dr")?.publish(Track.Source.ScreenShare);
    room.emit(RoomEvent.TrackPublished);
    expect(view().layout.stage.kind).toBe("screen");
    expect(view().layout.beside.map((one) => one.identity)).toEqual(["dr"]);
  });

  test("among several the speaker takes the stage and keeps it in silence", () => {
    const third = room.join("in", "Interpreter");
    expect(view().layout.stage).toMatchObject({ of: { identity: "dr" } });
    third.isSpeaking = true;
    room.emit(RoomEvent.ActiveSpeakersChanged);
    expect(view().layout.stage).toMatchObject({ of: { identity: "in" } });
    third.isSpeaking = false;
    room.emit(RoomEvent.ActiveSpeakersChanged);
    expect(view().layout.stage).toMatchObject({ of: { identity: "in" } });
    expect(view().layout.beside.map((one) => one.identity)).toEqual(["dr"]);
  });

  test("networks are told one at a time, the own first", () => {
    const other = room.remoteParticipants.get("dr");
    if (other) other.connectionQuality = ConnectionQuality.Poor;
    room.emit(RoomEvent.ConnectionQualityChanged);
    expect(view().notice?.kind).toBe("their-network");
    room.localParticipant.connectionQuality = ConnectionQuality.Lost;
    room.emit(RoomEvent.ConnectionQualityChanged);
    expect(view().notice?.kind).toBe("own-network");
    room.emit(RoomEvent.Reconnecting);
    expect(view().notice?.kind).toBe("reconnecting");
    expect(view().actions.toggleMicrophone).toBeUndefined();
    expect(view().actions.leave).toBeDefined();
  });

  test("the picture object is the same until the track changes", () => {
    const before = view().layout.stage;
    room.emit(RoomEvent.ConnectionQualityChanged);
    const after = view().layout.stage;
    expect(before.kind === "person" && after.kind === "person" && after.of.camera === before.of.camera).toBe(true);
  });
});

test("sound held back by the browser offers one tap", async () => {
  room.canPlaybackAudio = false;
  room.emit(RoomEvent.AudioPlaybackStatusChanged);
  expect(view().notice?.kind).toBe("sound-blocked");
  view().actions.hear?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(view().notice).toBeUndefined();
  expect(view().actions.hear).toBeUndefined();
});

test("remote sound plays as soon as it is subscribed and is gone after it ends", () => {
  const microphone = room.join("dr", "Dr. Osei").publish(Track.Source.Microphone);
  room.emit(RoomEvent.TrackSubscribed, microphone.track);
  expect(document.querySelectorAll("audio")).toHaveLength(1);
  room.emit(RoomEvent.TrackUnsubscribed, microphone.track);
  expect(document.querySelectorAll("audio")).toHaveLength(0);
});

test("after leaving, nothing can be toggled and joining again is offered", async () => {
  view().actions.leave?.();
  expect(view().phase).toEqual({ name: "ended", why: { kind: "left" } });
  expect(view().actions.leave).toBeUndefined();
  expect(view().actions.toggleCamera).toBeUndefined();
  view().actions.rejoin?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(view().phase.name).toBe("connected");
});
