import { Room, setLogLevel, type RoomOptions } from "livekit-client";

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
 * An unmodified livekit-client room with Bedside's settings: simulcast, layers only for what is
 * watched (dynacast), and a resolution that follows the element (adaptive stream).
 */
export function createRoom(preferred: PreferredDevices = {}): Room {
  // Its lower levels print connection URLs, and those carry the media token.
  setLogLevel("error");
  const options: RoomOptions = {
    adaptiveStream: true,
    dynacast: true,
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
