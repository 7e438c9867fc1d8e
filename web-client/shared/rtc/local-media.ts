import { type LocalTrack, RoomEvent, Track } from "livekit-client";
import { type MediaProblem, mediaProblem } from "@shared/devices/media-problem";
import { patch, type Readable, Store } from "@shared/lib/store";
import { type Picture, Pictures, type Quality, qualityOf } from "./members";
import type { CallRoom } from "./room";

/** One source this person can send. */
export interface Source {
  readonly on: boolean;
  /** A change is under way. */
  readonly busy: boolean;
  /** Why the last change failed; cleared by the next one. */
  readonly problem: MediaProblem | undefined;
}

/** A device to choose, as the browser names it. */
export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

export interface Devices {
  readonly audioinput: readonly DeviceChoice[];
  readonly videoinput: readonly DeviceChoice[];
  readonly audiooutput: readonly DeviceChoice[];
  readonly active: Readonly<Partial<Record<MediaDeviceKind, string>>>;
}

export interface LocalState {
  readonly microphone: Source;
  readonly camera: Source;
  readonly screen: Source;
  readonly cameraPicture: Picture | undefined;
  readonly quality: Quality;
  readonly speaking: boolean;
  readonly devices: Devices;
}

type Device = "microphone" | "camera";
type Name = Device | "screen";

const off: Source = { on: false, busy: false, problem: undefined };
const noDevices: Devices = { audioinput: [], videoinput: [], audiooutput: [], active: {} };

const EVENTS = [
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.Disconnected,
] as const;

const SOURCES: Readonly<Record<Name, Track.Source>> = {
  microphone: Track.Source.Microphone,
  camera: Track.Source.Camera,
  screen: Track.Source.ScreenShare,
};

/** Whether this browser can share a screen at all (phones cannot). */
export const canShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === "function";

/**
 * This person's microphone, camera and screen. What they want outlives a reconnect: after a new
 * session the same sources are sent again.
 */
export class LocalMedia {
  readonly #state = new Store<LocalState>({
    microphone: off,
    camera: off,
    screen: off,
    cameraPicture: undefined,
    quality: "unknown",
    speaking: false,
    devices: noDevices,
  });
  readonly #pictures = new Pictures();
  readonly #room: CallRoom;
  readonly #wanted: Record<Device, boolean>;
  /** Opened before the room was joined; each is published or stopped. Undefined inside: it did not open. */
  readonly #opened = new Map<Device, Promise<LocalTrack | undefined>>();

  constructor(room: CallRoom, wanted: { microphone: boolean; camera: boolean }) {
    this.#room = room;
    this.#wanted = { ...wanted };
    for (const event of EVENTS) room.on(event, this.#refresh);
    room.on(RoomEvent.Connected, this.#onConnected);
    room.on(RoomEvent.ActiveDeviceChanged, this.#listDevices);
    room.on(RoomEvent.MediaDevicesChanged, this.#listDevices);
  }

  get state(): Readable<LocalState> {
    return this.#state;
  }

  /** Opens what is wanted while the room is being joined: a camera may take a second to start. */
  open(): void {
    for (const name of ["microphone", "camera"] as const) {
      if (this.#wanted[name] && !this.#opened.has(name)) this.#opened.set(name, this.#openDevice(name));
    }
  }

  /** Stops what was opened and never published. */
  release(): void {
    for (const track of this.#opened.values()) void track.then((opened) => opened?.stop());
    this.#opened.clear();
  }

  dispose(): void {
    this.release();
    for (const event of EVENTS) this.#room.off(event, this.#refresh);
    this.#room.off(RoomEvent.Connected, this.#onConnected);
    this.#room.off(RoomEvent.ActiveDeviceChanged, this.#listDevices);
    this.#room.off(RoomEvent.MediaDevicesChanged, this.#listDevices);
  }

  /** Turns a source on or off; a failure is told in the source's `problem`, never thrown. */
  async toggle(name: Name): Promise<void> {
    await this.#switch(name, !this.#state.get()[name].on);
  }

  /** Uses another device for everything of its kind from now on. */
  async choose(kind: MediaDeviceKind, id: string): Promise<void> {
    const name = kind === "videoinput" ? "camera" : "microphone";
    try {
      await this.#room.switchActiveDevice(kind, id);
    } catch (error) {
      this.#setSource(name, { problem: mediaProblem(name, error) });
    }
    await this.#listDevices();
  }

  readonly #onConnected = (): void => {
    this.#refresh();
    void this.#publishWanted();
  };

  async #publishWanted(): Promise<void> {
    // Sound first: on a slow network or device it must not wait for the picture.
    for (const name of ["microphone", "camera"] as const) {
      const opened = this.#opened.get(name);
      if (opened !== undefined) await this.#publish(name, opened);
      else if (this.#wanted[name]) await this.#switch(name, true);
    }
    await this.#listDevices();
  }

  /** The device, or undefined with the reason in the source's `problem`. */
  async #openDevice(name: Device): Promise<LocalTrack | undefined> {
    this.#setSource(name, { busy: true, problem: undefined });
    try {
      const [track] = await this.#room.localParticipant.createTracks(name === "camera" ? { video: true } : { audio: true });
      return track;
    } catch (error) {
      this.#setSource(name, { busy: false, problem: mediaProblem(name, error) });
      return undefined;
    }
  }

  async #publish(name: Device, opened: Promise<LocalTrack | undefined>): Promise<void> {
    const track = await opened;
    // Released meanwhile: the call is over.
    if (this.#opened.get(name) !== opened) return;
    this.#opened.delete(name);
    if (track === undefined) return;
    try {
      await this.#room.localParticipant.publishTrack(track);
      this.#setSource(name, { busy: false });
    } catch (error) {
      track.stop();
      this.#setSource(name, { busy: false, problem: mediaProblem(name, error) });
    }
    this.#refresh();
  }

  async #switch(name: Name, on: boolean): Promise<void> {
    if (this.#state.get()[name].busy) return;
    if (name !== "screen") this.#wanted[name] = on;
    this.#setSource(name, { busy: true, problem: undefined });
    const local = this.#room.localParticipant;
    try {
      if (name === "microphone") await local.setMicrophoneEnabled(on);
      else if (name === "camera") await local.setCameraEnabled(on);
      else await local.setScreenShareEnabled(on, { audio: true, contentHint: "detail" });
      this.#setSource(name, { busy: false });
    } catch (error) {
      const problem = mediaProblem(name, error);
      this.#setSource(name, { busy: false, problem: problem.code === "dismissed" ? undefined : problem });
    }
    this.#refresh();
  }

  #setSource(name: Name, change: Partial<Source>): void {
    patch(this.#state, { [name]: { ...this.#state.get()[name], ...change } });
  }

  readonly #refresh = (): void => {
    const local = this.#room.localParticipant;
    const state = this.#state.get();
    const source = (name: Name): Source => {
      const publication = local.getTrackPublication(SOURCES[name]);
      return { ...state[name], on: publication !== undefined && !publication.isMuted };
    };
    const camera = source("camera");
    patch(this.#state, {
      microphone: source("microphone"),
      camera,
      screen: source("screen"),
      cameraPicture: camera.on ? this.#pictures.of(local.getTrackPublication(Track.Source.Camera)?.track) : undefined,
      quality: qualityOf(local.connectionQuality),
      speaking: local.isSpeaking,
    });
  };

  readonly #listDevices = async (): Promise<void> => {
    let all: MediaDeviceInfo[];
    try {
      all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    } catch {
      // Without a list there is nothing to choose from; the call itself goes on.
      all = [];
    }
    const of = (kind: MediaDeviceKind): DeviceChoice[] =>
      all
        .filter((device) => device.kind === kind && device.deviceId !== "")
        .map((device, at) => ({ id: device.deviceId, label: device.label === "" ? `${at + 1}` : device.label }));
    const active: Partial<Record<MediaDeviceKind, string>> = {};
    for (const kind of ["audioinput", "videoinput", "audiooutput"] as const) {
      const id = this.#room.getActiveDevice(kind);
      if (id !== undefined) active[kind] = id;
    }
    patch(this.#state, {
      devices: { audioinput: of("audioinput"), videoinput: of("videoinput"), audiooutput: of("audiooutput"), active },
    });
  };
}
