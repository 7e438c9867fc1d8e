import { ConnectionQuality, type RemoteParticipant, type RemoteTrackPublication, RemoteVideoTrack, RoomEvent, Track } from "livekit-client";
import { type Readable, Store } from "@shared/lib/store";
import { nameOf } from "./names";
import type { CallRoom } from "./room";
import type { Roster } from "./roster";
import type { Sample, Source } from "./smoothness";

/** How well somebody's network carries the call. */
export type Quality = "good" | "fair" | "poor" | "lost" | "unknown";

/** A moving picture that a `<video>` can show. The same `id` means the same picture. */
export interface Picture {
  readonly id: string;
  readonly attach: (element: HTMLVideoElement) => void;
  readonly detach: (element: HTMLVideoElement) => void;
}

/** One other person in the room. */
export interface Member {
  /** Account id. */
  readonly identity: string;
  readonly name: string;
  readonly speaking: boolean;
  readonly quality: Quality;
  readonly microphoneOn: boolean;
  readonly camera: Picture | undefined;
  readonly screen: Picture | undefined;
  /** The server paused the picture because the network cannot carry it; sound goes on. */
  readonly pictureHeld: boolean;
}

/** The room events after which the list may look different. */
const EVENTS = [
  RoomEvent.Connected,
  RoomEvent.Reconnected,
  RoomEvent.Disconnected,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackStreamStateChanged,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
] as const;

/** livekit's five grades in ours. */
export function qualityOf(quality: ConnectionQuality): Quality {
  switch (quality) {
    case ConnectionQuality.Excellent:
      return "good";
    case ConnectionQuality.Good:
      return "fair";
    case ConnectionQuality.Poor:
      return "poor";
    case ConnectionQuality.Lost:
      return "lost";
    case ConnectionQuality.Unknown:
      return "unknown";
  }
}

/** The track as a {@link Picture}; one object per track, so that views do not re-attach. */
export class Pictures {
  readonly #known = new WeakMap<Track, Picture>();

  of(track: Track | undefined): Picture | undefined {
    if (track === undefined || track.kind !== Track.Kind.Video) return undefined;
    let picture = this.#known.get(track);
    if (picture === undefined) {
      picture = {
        id: track.sid ?? track.mediaStreamTrack.id,
        attach: (element) => void track.attach(element),
        detach: (element) => void track.detach(element),
      };
      this.#known.set(track, picture);
    }
    return picture;
  }
}

async function sampleOf(track: RemoteVideoTrack): Promise<Sample | undefined> {
  const stats = await track.getReceiverStats();
  if (stats?.framesDecoded === undefined || stats.frameHeight === undefined) return undefined;
  const shown = track.attachedElements.map((element) => element.clientHeight * globalThis.devicePixelRatio);
  return { frames: stats.framesDecoded, height: stats.frameHeight, shown: Math.max(0, ...shown) };
}

/** Everybody else in the room, by time of joining. */
export class Members {
  readonly #list = new Store<readonly Member[]>([]);
  readonly #pictures = new Pictures();
  readonly #room: CallRoom;
  readonly #roster: Roster;
  readonly #stop: () => void;

  constructor(room: CallRoom, roster: Roster) {
    this.#room = room;
    this.#roster = roster;
    this.#stop = roster.names.subscribe(() => this.#refresh());
    for (const event of EVENTS) room.on(event, this.#refresh);
  }

  get list(): Readable<readonly Member[]> {
    return this.#list;
  }

  /** The cameras that are received, by the identity of whose they are. */
  get cameras(): readonly Source[] {
    return [...this.#room.remoteParticipants.values()].flatMap((one): Source[] => {
      const track = one.getTrackPublication(Track.Source.Camera)?.track;
      return track instanceof RemoteVideoTrack ? [{ id: one.identity, sample: () => sampleOf(track) }] : [];
    });
  }

  dispose(): void {
    this.#stop();
    for (const event of EVENTS) this.#room.off(event, this.#refresh);
  }

  readonly #refresh = (): void => {
    this.#roster.need([...this.#room.remoteParticipants.keys()]);
    this.#list.set([...this.#room.remoteParticipants.values()].map((one) => this.#member(one)));
  };

  #member(participant: RemoteParticipant): Member {
    const microphone = participant.getTrackPublication(Track.Source.Microphone);
    const camera = participant.getTrackPublication(Track.Source.Camera) as RemoteTrackPublication | undefined;
    const screen = participant.getTrackPublication(Track.Source.ScreenShare);
    const cameraOn = camera !== undefined && !camera.isMuted;
    return {
      identity: participant.identity,
      name: nameOf(this.#roster.names.get(), participant.identity, participant.name),
      speaking: participant.isSpeaking,
      quality: qualityOf(participant.connectionQuality),
      microphoneOn: microphone !== undefined && !microphone.isMuted,
      camera: cameraOn ? this.#pictures.of(camera.track) : undefined,
      screen: screen === undefined || screen.isMuted ? undefined : this.#pictures.of(screen.track),
      pictureHeld: cameraOn && camera.track?.streamState === Track.StreamState.Paused,
    };
  }
}
