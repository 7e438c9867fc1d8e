import { ConnectionQuality, RoomEvent, Track } from "livekit-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "@shared/api/error";
import { FakeRoom } from "@shared/testing/fake-room";
import { type Call, type CallView, startCall } from "./call";
import type { Tile } from "./layout";

let room: FakeRoom;
let call: Call;
const view = (): CallView => call.view.get();
const large = (): Tile | undefined => {
  const { stage } = view().layout;
  return stage.kind === "large" ? stage.tile : undefined;
};

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

test("devices open while the room is joined, and close when joining is refused", async () => {
  const refused = new FakeRoom();
  const ticket = () => Promise.reject(new ApiError("not_admitted", 403, "Please wait."));
  const second = startCall({ room: refused.asRoom(), ticket });
  expect(refused.localParticipant.opened).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(second.view.get().phase.name).toBe("ended");
  expect(refused.localParticipant.opened.map((track) => track.stopped)).toEqual([true, true]);
  expect(refused.localParticipant.publications.size).toBe(0);
  second.dispose();
});

test("a device that does not open is said, and the other one is sent", async () => {
  const other = new FakeRoom();
  other.localParticipant.captureErrors.set(Track.Source.Camera, new DOMException("no", "NotReadableError"));
  const second = startCall({ room: other.asRoom(), ticket: () => Promise.resolve({ url: "", token: "" }) });
  await vi.advanceTimersByTimeAsync(0);
  const { local, notice, actions } = second.view.get();
  expect(local.microphone.on).toBe(true);
  expect(local.camera).toMatchObject({ on: false, busy: false, problem: { code: "in_use" } });
  expect(notice?.kind).toBe("camera-problem");
  expect(actions.toggleCamera).toBeDefined();
  second.dispose();
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
    expect(large()?.of).toMatchObject({ name: "Dr. Osei", camera: { id: "TR_dr_camera" } });
    expect(view().actions.pin).toBeUndefined();
    expect(view().actions.toggleView).toBeUndefined();
  });

  test("a muted camera takes the picture away and keeps the person", () => {
    const publication = room.remoteParticipants.get("dr")?.publications.get(Track.Source.Camera);
    if (publication) publication.isMuted = true;
    room.emit(RoomEvent.TrackMuted);
    expect(large()?.of.identity).toBe("dr");
    expect(large()?.of.camera).toBeUndefined();
  });

  test("a shared screen takes the stage and the face goes beside it", () => {
    room.remoteParticipants.get("dr")?.publish(Track.Source.ScreenShare);
    room.emit(RoomEvent.TrackPublished);
    expect(large()?.kind).toBe("screen");
    expect(view().layout.tiles.map((tile) => tile.key)).toEqual(["person:dr"]);
  });

  describe("and an interpreter", () => {
    beforeEach(() => void room.join("in", "Interpreter"));

    test("both are shown in one size, and the speaker large when so wished", () => {
      expect(view().layout.stage.kind).toBe("everyone");
      expect(view().layout.tiles.map((tile) => tile.of.identity)).toEqual(["dr", "in"]);
      view().actions.toggleView?.();
      expect(large()?.of.identity).toBe("dr");
      const interpreter = room.remoteParticipants.get("in");
      if (interpreter) interpreter.isSpeaking = true;
      room.emit(RoomEvent.ActiveSpeakersChanged);
      expect(large()?.of.identity).toBe("in");
      view().actions.toggleView?.();
      expect(view().layout.stage.kind).toBe("everyone");
    });

    test("one press keeps somebody large, the next lets them go", () => {
      view().actions.pin?.("person:in");
      expect(view().layout.stage).toMatchObject({ pinned: true, tile: { of: { identity: "in" } } });
      view().actions.pin?.("person:in");
      expect(view().layout.stage.kind).toBe("everyone");
    });

    test("a weak network of one of them is no notice for all", () => {
      const other = room.remoteParticipants.get("dr");
      if (other) other.connectionQuality = ConnectionQuality.Poor;
      room.emit(RoomEvent.ConnectionQualityChanged);
      expect(view().notice).toBeUndefined();
      expect(view().members.find((member) => member.identity === "dr")?.quality).toBe("poor");
    });
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

  test("a picture the server paused is said, keeps its place and comes back", () => {
    const track = room.remoteParticipants.get("dr")?.publications.get(Track.Source.Camera)?.track;
    if (track) track.streamState = Track.StreamState.Paused;
    room.emit(RoomEvent.TrackStreamStateChanged);
    expect(view().notice).toMatchObject({ kind: "picture-held" });
    expect(large()?.of).toMatchObject({ pictureHeld: true, camera: { id: "TR_dr_camera" } });
    if (track) track.streamState = Track.StreamState.Active;
    room.emit(RoomEvent.TrackStreamStateChanged);
    expect(view().notice).toBeUndefined();
    expect(large()?.of.pictureHeld).toBe(false);
  });

  test("a connection that stays away leads to the phone, and its return takes that back", async () => {
    room.emit(RoomEvent.Reconnecting);
    await vi.advanceTimersByTimeAsync(19_000);
    expect(view().notice?.kind).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(view().notice?.kind).toBe("phone");
    room.emit(RoomEvent.Reconnected);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(view().notice).toBeUndefined();
  });

  test("on a weak network there is advice while there is something to give up, then the phone", async () => {
    room.localParticipant.connectionQuality = ConnectionQuality.Poor;
    room.emit(RoomEvent.ConnectionQualityChanged);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(view().notice?.text).toMatch(/Stopping your camera/);
    view().actions.toggleCamera?.();
    await vi.advanceTimersByTimeAsync(19_000);
    expect(view().notice?.text).toMatch(/sound may break up/);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(view().notice?.kind).toBe("phone");
    room.localParticipant.connectionQuality = ConnectionQuality.Excellent;
    room.emit(RoomEvent.ConnectionQualityChanged);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(view().notice).toBeUndefined();
  });

  test("the picture object is the same until the track changes", () => {
    const before = large()?.of.camera;
    room.emit(RoomEvent.ConnectionQualityChanged);
    expect(before).toBeDefined();
    expect(large()?.of.camera).toBe(before);
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

test("a guest gets their name and is announced", async () => {
  call.dispose();
  const other = new FakeRoom();
  const askNames = () => Promise.resolve(new Map([["guest", "Amina’s daughter"]]));
  call = startCall({ room: other.asRoom(), ticket: () => Promise.resolve({ url: "", token: "" }), names: new Map([["dr", "Mina Lee"]]), askNames });
  await vi.advanceTimersByTimeAsync(0);
  other.join("dr", "");
  await vi.advanceTimersByTimeAsync(0);
  expect(view().announcements).toEqual([]);
  other.join("guest", "The President");
  await vi.advanceTimersByTimeAsync(0);
  expect(view().members.map(({ name }) => name)).toEqual(["Mina Lee", "Amina’s daughter"]);
  expect(view().announcements.map(({ text }) => text)).toEqual(["Amina’s daughter joined"]);
});
