import { ConnectionError, ConnectionErrorReason, DisconnectReason, RoomEvent } from "livekit-client";
import { ApiError } from "@shared/api/error";
import { backoff } from "@shared/lib/backoff";
import { type Readable, Store } from "@shared/lib/store";
import { type CallRoom, CONNECT } from "./room";

/** What the server hands to an admitted party. */
export interface Ticket {
  readonly url: string;
  readonly token: string;
}

/** Why a call is over on this page. */
export type EndReason =
  /** This person left. */
  | { readonly kind: "left" }
  /** The visit was ended for everyone. */
  | { readonly kind: "closed" }
  /** This person was taken out of the room, for example back to the waiting room. */
  | { readonly kind: "removed" }
  /** The same person joined from another page or device. */
  | { readonly kind: "elsewhere" }
  /** The server refused to let this person in; `code` is stable. */
  | { readonly kind: "refused"; readonly code: string; readonly detail: string }
  /** Nobody answered for the whole retry time. */
  | { readonly kind: "unreachable" };

export type Phase =
  | { readonly name: "connecting" }
  | { readonly name: "connected" }
  | { readonly name: "reconnecting" }
  | { readonly name: "ended"; readonly why: EndReason };

/** Tries after which a call is given up; with the pauses below that is about two minutes. */
const MAX_TRIES = 20;
const PAUSE_BASE_MS = 500;
const PAUSE_CAP_MS = 8_000;

const FINAL: Readonly<Partial<Record<DisconnectReason, EndReason>>> = {
  [DisconnectReason.DUPLICATE_IDENTITY]: { kind: "elsewhere" },
  [DisconnectReason.PARTICIPANT_REMOVED]: { kind: "removed" },
  [DisconnectReason.ROOM_DELETED]: { kind: "closed" },
  [DisconnectReason.ROOM_CLOSED]: { kind: "closed" },
};

/**
 * Keeps one room connected. livekit-client resumes short losses by itself; when it gives up (a
 * restarted server), this asks for a new ticket and joins again, until the server refuses or
 * {@link MAX_TRIES} are used up.
 *
 * Owns at most one timer and one attempt at a time; {@link leave} ends both.
 */
export class Connection {
  readonly #phase = new Store<Phase>({ name: "connecting" });
  readonly #room: CallRoom;
  readonly #ticket: () => Promise<Ticket>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #attempting = false;

  constructor(room: CallRoom, ticket: () => Promise<Ticket>) {
    this.#room = room;
    this.#ticket = ticket;
    room.on(RoomEvent.Connected, this.#onUp);
    room.on(RoomEvent.Reconnected, this.#onUp);
    room.on(RoomEvent.Reconnecting, this.#onShaky);
    room.on(RoomEvent.SignalReconnecting, this.#onShaky);
    room.on(RoomEvent.Disconnected, this.#onDown);
  }

  get phase(): Readable<Phase> {
    return this.#phase;
  }

  /** Begins to connect; a call that ended as unreachable or elsewhere begins anew. */
  start(): void {
    this.#tries = 0;
    this.#phase.set({ name: "connecting" });
    void this.#attempt();
  }

  /** Leaves for good. */
  leave(): void {
    this.#end({ kind: "left" });
  }

  /** Drops every listener; the object is of no use afterwards. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#room.off(RoomEvent.Connected, this.#onUp);
    this.#room.off(RoomEvent.Reconnected, this.#onUp);
    this.#room.off(RoomEvent.Reconnecting, this.#onShaky);
    this.#room.off(RoomEvent.SignalReconnecting, this.#onShaky);
    this.#room.off(RoomEvent.Disconnected, this.#onDown);
    void this.#room.disconnect();
  }

  get #ended(): boolean {
    return this.#phase.get().name === "ended";
  }

  readonly #onUp = (): void => {
    if (this.#ended) return;
    this.#attempting = false;
    this.#tries = 0;
    this.#phase.set({ name: "connected" });
  };

  readonly #onShaky = (): void => {
    if (!this.#ended) this.#phase.set({ name: "reconnecting" });
  };

  readonly #onDown = (reason?: DisconnectReason): void => {
    // A failing connect() both throws and emits; its own catch decides then.
    if (this.#ended || this.#attempting) return;
    const final = reason === undefined ? undefined : FINAL[reason];
    if (final !== undefined) {
      this.#end(final);
      return;
    }
    this.#phase.set({ name: "reconnecting" });
    this.#schedule();
  };

  #end(why: EndReason): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#phase.set({ name: "ended", why });
    void this.#room.disconnect();
  }

  #schedule(): void {
    if (this.#tries >= MAX_TRIES) {
      this.#end({ kind: "unreachable" });
      return;
    }
    const pause = backoff(this.#tries, PAUSE_BASE_MS, PAUSE_CAP_MS);
    this.#tries += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#attempt(), pause);
  }

  async #attempt(): Promise<void> {
    if (this.#attempting) return;
    this.#attempting = true;
    try {
      const ticket = await this.#ticket();
      if (this.#ended) return;
      await this.#room.connect(ticket.url, ticket.token, CONNECT);
    } catch (error) {
      this.#attempting = false;
      if (!this.#ended) this.#afterFailure(error);
    } finally {
      this.#attempting = false;
    }
    // Leaving while connect() was under way: the room came up after all.
    if (this.#ended) void this.#room.disconnect();
  }

  #afterFailure(error: unknown): void {
    const refusal = refusalOf(error);
    if (refusal === undefined) this.#schedule();
    else this.#end(refusal);
  }
}

/** The end that an error means, or undefined when trying again may help. */
function refusalOf(error: unknown): EndReason | undefined {
  if (error instanceof ApiError) {
    return error.isPassing ? undefined : { kind: "refused", code: error.code, detail: error.detail };
  }
  if (error instanceof ConnectionError && error.reason === ConnectionErrorReason.LeaveRequest) {
    return FINAL[error.context as DisconnectReason];
  }
  return undefined;
}
