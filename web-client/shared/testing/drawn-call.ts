import { ConnectionQuality, RoomEvent, Track } from "livekit-client";
import { type Call, startCall } from "@shared/rtc/call";
import { FakeRoom, type FakeParticipant, type FakeTrack } from "./fake-room";

/** The one other person of the visit. */
interface Party {
  readonly identity: string;
  readonly name: string;
}

/** Who comes to a conference, in this order. */
const OTHERS = ["Rosa Klein", "Dr. Lena Brandt", "Samuel Osei", "Ingrid Maria Johansson-Lindqvist", "Tomas Berg", "Yuki Tanaka", "Dr. Chidi Okafor", "Paula Ruiz", "Noor Haddad", "Ines Duarte", "Jonas Lindqvist", "Mina Lee", "Aoife Byrne", "Pavel Novak"];
const TINTS = ["#7a5c4f", "#4f6d7a", "#5b6b4a", "#6d4f7a", "#7a6f4f", "#3f6a63"];

const WIDE: [number, number] = [640, 360];
const UPRIGHT: [number, number] = [360, 640];

/** A drawn stand-in for a face or a screen, as a live video. */
function drawing(kind: "face" | "screen", tint: string, [width, height]: [number, number]): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const paint = (): void => {
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    pen.fillStyle = tint;
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = "#f3e3d0";
    if (kind === "face") {
      pen.beginPath();
      pen.ellipse(width / 2, height * 0.42, height * 0.18, height * 0.25, 0, 0, 7);
      pen.ellipse(width / 2, height, height * 0.4, height * 0.28, 0, 0, 7);
      pen.fill();
    } else for (let line = 0; line < 9; line += 1) pen.fillRect(30, 30 + line * 30, 200 + ((line * 47) % 150), 12);
  };
  paint();
  setInterval(paint, 200);
  return canvas.captureStream(5);
}

function show(track: FakeTrack, stream: MediaStream): void {
  track.attach = (element) => {
    const video = element ?? document.createElement("video");
    video.srcObject = stream;
    return video;
  };
}

function conference(room: FakeRoom, count: number): void {
  OTHERS.slice(0, count).forEach((name, at) => {
    const person = room.join(`guest-${at}`, name);
    person.publish(Track.Source.Microphone).isMuted = at % 3 === 1;
    if (at % 5 !== 3) show(person.publish(Track.Source.Camera).track, drawing("face", TINTS[at % TINTS.length] ?? "", at % 4 === 2 ? UPRIGHT : WIDE));
    person.isSpeaking = at === 4;
    person.connectionQuality = [ConnectionQuality.Excellent, ConnectionQuality.Good, ConnectionQuality.Poor][at % 3] ?? ConnectionQuality.Unknown;
  });
}

function hold(person: FakeParticipant | undefined): void {
  const track = person?.getTrackPublication(Track.Source.Camera)?.track;
  if (track !== undefined) track.streamState = Track.StreamState.Paused;
}

/** How many come besides the one other person. */
const COMING: Readonly<Record<string, number>> = { three: 1, several: 4, twelve: 10, many: 14, "twelve-screen": 10, "twelve-pinned": 10, "twelve-held": 10 };

/**
 * A call without server, network or devices, with drawn people, for harnesses. `state` is alone,
 * person, phone, muted, no-camera, screen, weak, held, three, several, twelve, many,
 * twelve-screen, twelve-pinned or twelve-held.
 */
export function drawnCall(state: string, party: Party): Call {
  const room = new FakeRoom();
  for (const source of [Track.Source.Camera, Track.Source.Microphone]) show(room.localParticipant.publish(source).track, drawing("face", "#4f6d7a", WIDE));
  const call = startCall({ room: room.asRoom(), ticket: () => Promise.resolve({ url: "", token: "" }) });
  if (state !== "alone") {
    const other = room.join(party.identity, party.name);
    other.publish(Track.Source.Microphone).isMuted = state === "muted";
    if (state !== "muted" && state !== "no-camera") show(other.publish(Track.Source.Camera).track, drawing("face", "#7a5c4f", state === "phone" ? UPRIGHT : WIDE));
    if (state.endsWith("screen")) show(other.publish(Track.Source.ScreenShare).track, drawing("screen", "#24303a", WIDE));
    conference(room, COMING[state] ?? 0);
    if (state === "held") hold(other);
    if (state === "twelve-held") for (const at of [0, 2]) hold(room.remoteParticipants.get(`guest-${at}`));
  }
  if (state === "weak") room.localParticipant.connectionQuality = ConnectionQuality.Poor;
  setTimeout(() => {
    room.emit(RoomEvent.TrackPublished);
    if (state === "weak") room.emit(RoomEvent.ConnectionQualityChanged);
    if (state === "twelve-pinned") call.view.get().actions.pin?.(`person:${party.identity}`);
  }, 50);
  return call;
}
