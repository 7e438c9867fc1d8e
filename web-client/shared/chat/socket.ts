import type { ClientMessage, ServerMessage } from "@shared/api/generated/protocol";
import { ApiError } from "@shared/api/error";
import { backoff } from "@shared/lib/backoff";
import { type Readable, Store } from "@shared/lib/store";
import { CLOSE_TOO_MANY, decode, encode, SUBPROTOCOL } from "./wire";

/**
 * - `connecting`: first try, or a new one is under way;
 * - `online`: authenticated;
 * - `offline`: lost, trying again by itself;
 * - `signed_out`: the session is over, only signing in helps;
 * - `stopped`: not started, or stopped by this page.
 */
export type ChatStatus = "stopped" | "connecting" | "online" | "offline" | "signed_out";

/** The part of `WebSocket` that is used; tests hand in their own. */
export type SocketLike = Pick<WebSocket, "send" | "close" | "addEventListener">;

export interface SocketOptions {
  /** `wss://host/chat/ws`. */
  readonly url: string;
  /** A fresh short session token; an {@link ApiError} with `isSignedOut` ends the connection. */
  readonly token: () => Promise<string>;
  readonly open?: (url: string, subprotocol: string) => SocketLike;
  readonly random?: () => number;
}

type Hello = Extract<ServerMessage, { type: "hello" }>;

interface Handlers {
  readonly onHello: (hello: Hello) => void;
  readonly onMessage: (message: ServerMessage) => void;
}

const HELLO_LIMIT_MS = 10_000;
const PING_EVERY_MS = 20_000;
const SILENCE_LIMIT_MS = 10_000;
/** Tokens live five minutes; by interval, because the clock of the device may be wrong. */
const TOKEN_EVERY_MS = 240_000;
const PAUSE_BASE_MS = 500;
const PAUSE_CAP_MS = 15_000;

/**
 * One authenticated WebSocket, kept up: fetches tokens, authenticates, pings, notices silence and
 * reconnects with growing, jittered pauses.
 *
 * Owns one socket and at most four timers; {@link stop} ends all of them.
 */
export class ChatSocket {
  readonly #status = new Store<ChatStatus>("stopped");
  readonly #options: SocketOptions;
  readonly #handlers: Handlers;
  #socket: SocketLike | undefined;
  /** Grows with each connection, so that late callbacks of an old one are told apart. */
  #generation = 0;
  #tries = 0;
  #nonce = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #tokenTimer: ReturnType<typeof setInterval> | undefined;

  constructor(options: SocketOptions, handlers: Handlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get status(): Readable<ChatStatus> {
    return this.#status;
  }

  start(): void {
    const status = this.#status.get();
    if (status !== "stopped" && status !== "signed_out") return;
    this.#tries = 0;
    void this.#connect();
  }

  stop(): void {
    this.#drop();
    this.#status.set("stopped");
  }

  /** The network or the page came back: tries at once, or checks that the connection still lives. */
  wake(): void {
    const status = this.#status.get();
    if (status === "offline") {
      this.#tries = 0;
      void this.#connect();
    } else if (status === "online") this.#ping();
  }

  /** Sends when online; otherwise nothing happens and the caller's own resending has to do. */
  send(message: ClientMessage): void {
    if (this.#status.get() === "online") this.#socket?.send(encode(message));
  }

  async #connect(): Promise<void> {
    this.#drop();
    const generation = this.#generation;
    this.#status.set("connecting");
    let token: string;
    try {
      token = await this.#options.token();
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof ApiError && error.isSignedOut) this.#status.set("signed_out");
      else this.#retry();
      return;
    }
    if (generation === this.#generation) this.#open(generation, token);
  }

  #open(generation: number, token: string): void {
    const open = this.#options.open ?? ((url, subprotocol) => new WebSocket(url, subprotocol));
    const socket = open(this.#options.url, SUBPROTOCOL);
    this.#socket = socket;
    this.#watch(HELLO_LIMIT_MS);
    const current = (): boolean => generation === this.#generation;
    socket.addEventListener("open", () => {
      if (current()) socket.send(encode({ type: "auth", token }));
    });
    socket.addEventListener("message", (event) => {
      if (current()) this.#receive(decode(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (!current()) return;
      // Another page of this person took the place: come back late, or they fight for it.
      if (event.code === CLOSE_TOO_MANY) this.#tries = 16;
      this.#retry();
    });
  }

  #receive(message: ServerMessage | undefined): void {
    if (message === undefined) return;
    clearTimeout(this.#watchdog);
    if (message.type === "hello") {
      this.#tries = 0;
      this.#pingTimer = setInterval(() => this.#ping(), PING_EVERY_MS);
      this.#tokenTimer = setInterval(() => void this.#refreshToken(), TOKEN_EVERY_MS);
      this.#status.set("online");
      this.#handlers.onHello(message);
    } else if (message.type !== "pong") this.#handlers.onMessage(message);
  }

  #ping(): void {
    this.#nonce += 1;
    this.send({ type: "ping", nonce: this.#nonce });
    this.#watch(SILENCE_LIMIT_MS);
  }

  async #refreshToken(): Promise<void> {
    const generation = this.#generation;
    try {
      const token = await this.#options.token();
      if (generation === this.#generation) this.send({ type: "auth_refresh", token });
    } catch (error) {
      if (generation !== this.#generation) return;
      // Without a newer token the server closes the socket in time; then #connect decides.
      if (error instanceof ApiError && error.isSignedOut) {
        this.#drop();
        this.#status.set("signed_out");
      }
    }
  }

  #watch(limit: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#retry(), limit);
  }

  #retry(): void {
    this.#drop();
    this.#status.set("offline");
    const pause = backoff(this.#tries, PAUSE_BASE_MS, PAUSE_CAP_MS, this.#options.random);
    this.#tries += 1;
    this.#retryTimer = setTimeout(() => void this.#connect(), pause);
  }

  #drop(): void {
    this.#generation += 1;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#watchdog);
    clearInterval(this.#pingTimer);
    clearInterval(this.#tokenTimer);
    this.#socket?.close(1000);
    this.#socket = undefined;
  }
}
