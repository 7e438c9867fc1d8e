import { DefaultReconnectPolicy, Room, type RoomConnectOptions, type RoomOptions, setLogLevel } from "livekit-client";

/** The part of livekit-client's `Room` that the call models use. */
export type CallRoom = Pick<
  Room,
  | "connect"
  | "disconnect"
  | "startAudio"
  | "switchActiveDevice"
  | "getActiveDevice"
  | "on"
  | "off"
  | "state"
  | "remoteParticipants"
  | "localParticipant"
  | "canPlaybackAudio"
>;

/** Devices chosen before the call, by browser device id. */
export interface PreferredDevices {
  readonly camera?: string | undefined;
  readonly microphone?: string | undefined;
}

/**
 * A network that swallows everything lets a connection attempt hang: it is given up early, so that
 * one made after the network's return is not waited for. Enough for TLS at 1.5 s round trip.
 */
export const CONNECT: RoomConnectOptions = { websocketTimeout: 6_000 };

/** Pauses between attempts to resume, ms. The library's own grow to 7 s, in which a network comes back unnoticed. */
const RESUME_PAUSES = [0, 300, 1_000, ...Array.from({ length: 20 }, () => 2_000)];

/**
 * An unmodified livekit-client room with Bedside's settings: simulcast, layers only for what is
 * watched (dynacast), and a resolution that follows the element (adaptive stream).
 */
export function createRoom(preferred: PreferredDevices = {}): Room {
  // Its lower levels print connection URLs, and those carry the media token.
  setLogLevel("error");
  const options: RoomOptions = {
    adaptiveStream: true,
    dynacast: true,
    reconnectPolicy: new DefaultReconnectPolicy(RESUME_PAUSES),
    audioCaptureDefaults: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      ...(preferred.microphone === undefined ? {} : { deviceId: preferred.microphone }),
    },
    videoCaptureDefaults: {
      resolution: { width: 1280, height: 720, frameRate: 30 },
      facingMode: "user",
      ...(preferred.camera === undefined ? {} : { deviceId: preferred.camera }),
    },
    publishDefaults: { simulcast: true, videoCodec: "vp8", red: true, dtx: true },
  };
  return new Room(options);
}
