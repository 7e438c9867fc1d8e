import { RoomEvent, type RemoteTrack, Track } from "livekit-client";
import { type Readable, Store } from "@shared/lib/store";
import type { CallRoom } from "./room";

/**
 * Plays everybody's sound, whatever is on the screen, and knows when the browser refuses to play
 * before a tap.
 */
export class AudioOutput {
  readonly #blocked = new Store(false);
  readonly #room: CallRoom;
  readonly #playing = new Set<RemoteTrack>();

  constructor(room: CallRoom) {
    this.#room = room;
    room.on(RoomEvent.TrackSubscribed, this.#play);
    room.on(RoomEvent.TrackUnsubscribed, this.#stop);
    room.on(RoomEvent.AudioPlaybackStatusChanged, this.#check);
  }

  /** Whether sound waits for a tap ("Tap to hear"). */
  get blocked(): Readable<boolean> {
    return this.#blocked;
  }

  /** Starts the sound; call it from a tap. */
  async unblock(): Promise<void> {
    await this.#room.startAudio();
    this.#check();
  }

  dispose(): void {
    this.#room.off(RoomEvent.TrackSubscribed, this.#play);
    this.#room.off(RoomEvent.TrackUnsubscribed, this.#stop);
    this.#room.off(RoomEvent.AudioPlaybackStatusChanged, this.#check);
    for (const track of this.#playing) this.#stop(track);
  }

  readonly #check = (): void => this.#blocked.set(!this.#room.canPlaybackAudio);

  readonly #play = (track: RemoteTrack): void => {
    if (track.kind !== Track.Kind.Audio) return;
    this.#playing.add(track);
    const element = track.attach();
    element.hidden = true;
    document.body.append(element);
  };

  readonly #stop = (track: RemoteTrack): void => {
    if (!this.#playing.delete(track)) return;
    for (const element of track.detach()) element.remove();
  };
}
