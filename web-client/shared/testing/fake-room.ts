import { ConnectionQuality, ConnectionState, Track } from "livekit-client";
import type { CallRoom } from "@shared/rtc/room";

type Listener = (...args: never[]) => unknown;

/** A publication with the members the call models read. */
export class FakePublication {
  isMuted = false;
  readonly track: FakeTrack;

  constructor(
    readonly source: Track.Source,
    sid: string,
    track?: FakeTrack,
  ) {
    if (track !== undefined) {
      this.track = track;
      return;
    }
    const audio = source === Track.Source.Microphone || source === Track.Source.ScreenShareAudio;
    this.track = new FakeTrack(audio ? Track.Kind.Audio : Track.Kind.Video, sid);
  }
}

/** A track that hands out plain media elements. */
export class FakeTrack {
  streamState = Track.StreamState.Active;
  readonly mediaStreamTrack: { id: string };
  readonly elements: HTMLMediaElement[] = [];

  constructor(
    readonly kind: Track.Kind,
    readonly sid: string,
  ) {
    this.mediaStreamTrack = { id: sid };
  }

  /** Whether the device behind it was let go. */
  stopped = false;
  /** What it captures, of a local one. */
  source: Track.Source | undefined;

  stop(): void {
    this.stopped = true;
  }

  attach(element: HTMLMediaElement = document.createElement(this.kind === Track.Kind.Audio ? "audio" : "video")) {
    this.elements.push(element);
    return element;
  }

  detach(): HTMLMediaElement[] {
    return this.elements.splice(0);
  }
}

/** One person, remote or local. */
export class FakeParticipant {
  isSpeaking = false;
  connectionQuality = ConnectionQuality.Excellent;
  /** Makes the next capture of a source fail the way browsers do. */
  readonly captureErrors = new Map<Track.Source, Error>();
  readonly publications = new Map<Track.Source, FakePublication>();
  /** Tracks of devices that were opened. */
  readonly opened: FakeTrack[] = [];

  constructor(
    readonly identity: string,
    readonly name: string,
  ) {}

  getTrackPublication(source: Track.Source): FakePublication | undefined {
    return this.publications.get(source);
  }

  async createTracks({ video }: { audio?: boolean; video?: boolean }): Promise<FakeTrack[]> {
    const source = video ? Track.Source.Camera : Track.Source.Microphone;
    const error = this.captureErrors.get(source);
    if (error !== undefined) throw error;
    const track = this.publications.get(source)?.track ?? new FakeTrack(video ? Track.Kind.Video : Track.Kind.Audio, `TR_${this.identity}_${source}`);
    track.source = source;
    this.opened.push(track);
    return [track];
  }

  async publishTrack(track: FakeTrack): Promise<void> {
    if (track.source !== undefined) this.publish(track.source, track);
  }

  publish(source: Track.Source, track?: FakeTrack): FakePublication {
    const publication = new FakePublication(source, `TR_${this.identity}_${source}`, track);
    this.publications.set(source, publication);
    return publication;
  }

  setMicrophoneEnabled(on: boolean): Promise<void> {
    return this.#set(Track.Source.Microphone, on);
  }

  setCameraEnabled(on: boolean): Promise<void> {
    return this.#set(Track.Source.Camera, on);
  }

  setScreenShareEnabled(on: boolean): Promise<void> {
    return this.#set(Track.Source.ScreenShare, on);
  }

  async #set(source: Track.Source, on: boolean): Promise<void> {
    const error = this.captureErrors.get(source);
    if (on && error !== undefined) throw error;
    const publication = this.publications.get(source) ?? this.publish(source);
    publication.isMuted = !on;
  }
}

/** Stands in for livekit-client's `Room` in tests of the call models; no network, no devices. */
export class FakeRoom {
  state = ConnectionState.Disconnected;
  canPlaybackAudio = true;
  readonly remoteParticipants = new Map<string, FakeParticipant>();
  readonly localParticipant = new FakeParticipant("me", "Me");
  readonly connects: { url: string; token: string }[] = [];
  disconnects = 0;
  /** What the next `connect` does; by default it succeeds. */
  onConnect: () => Promise<void> = () => Promise.resolve();
  readonly #listeners = new Map<string, Set<Listener>>();

  on(event: string, listener: Listener): this {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(listener));
    return this;
  }

  off(event: string, listener: Listener): this {
    this.#listeners.get(event)?.delete(listener);
    return this;
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as (...all: unknown[]) => unknown)(...args);
  }

  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, all) => sum + all.size, 0);
  }

  async connect(url: string, token: string): Promise<void> {
    this.connects.push({ url, token });
    await this.onConnect();
    this.state = ConnectionState.Connected;
    this.emit("connected");
  }

  async disconnect(): Promise<void> {
    this.disconnects += 1;
    this.state = ConnectionState.Disconnected;
  }

  async startAudio(): Promise<void> {
    this.canPlaybackAudio = true;
  }

  async switchActiveDevice(): Promise<boolean> {
    return true;
  }

  getActiveDevice(): string | undefined {
    return undefined;
  }

  /** Adds a remote person and tells the listeners. */
  join(identity: string, name: string): FakeParticipant {
    const person = new FakeParticipant(identity, name);
    this.remoteParticipants.set(identity, person);
    this.emit("participantConnected", person);
    return person;
  }

  asRoom(): CallRoom {
    return this as unknown as CallRoom;
  }
}
