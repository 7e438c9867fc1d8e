import type { ErrorCode, Event, Head, ServerMessage } from "@shared/api/generated/protocol";
import { type Readable, Store } from "@shared/lib/store";
import { Conversation, type ConversationView } from "./conversation";
import { ChatSocket, type ChatStatus, type SocketOptions } from "./socket";
import { MAX_RESUMED, MAX_TEXT_BYTES } from "./wire";

export interface ChatOptions extends SocketOptions {
  /** Who is signed in here: the sender of what is written before the server says hello. */
  readonly account: string;
  /** Reads the newest events over HTTP, when the gap is too long for the socket. */
  readonly history: (conv: string) => Promise<readonly Event[]>;
  readonly uuid?: () => string;
  /** The present moment, RFC 3339. */
  readonly now?: () => string;
}

/** What became of a message the person wrote. */
export type SendResult = "queued" | "empty" | "too_long" | "full" | "closed";

/** Refusals after which the same request may succeed. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["unavailable", "rate_limited", "internal"]);

export type EventListener = (event: Event) => void;

interface Entry {
  readonly conversation: Conversation;
  readonly view: Store<ConversationView>;
  /** How many views show it; above 0 its whole content is wanted. */
  openers: number;
  /** A `resume` is under way, so a gap needs no second one. */
  resuming: boolean;
}

const TYPING_SHOWN_MS = 6_000;
const TYPING_SENT_EVERY_MS = 3_000;
/** Pause before asking again for what the server could not do just now. */
const RETRY_MS = 3_000;

/**
 * The person's conversations over one socket: ordered, without repetition or loss. What is written
 * while offline is sent after the reconnect, under the same id until it is acknowledged.
 */
export class ChatConnection {
  readonly #socket: ChatSocket;
  readonly #options: ChatOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<EventListener>();
  readonly #helloListeners = new Set<() => void>();
  /** By purpose and conversation, so that there is at most one of a kind. */
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #typingQuiet = new Set<string>();
  #account: string;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#account = options.account;
    this.#socket = new ChatSocket(options, { onHello: this.#onHello, onMessage: this.#onMessage });
  }

  get status(): Readable<ChatStatus> {
    return this.#socket.status;
  }

  start(): void {
    this.#socket.start();
  }

  stop(): void {
    this.#socket.stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#typingQuiet.clear();
  }

  /** See {@link ChatSocket.wake}. */
  wake(): void {
    this.#socket.wake();
  }

  /** Calls `listener` for every durable event of any conversation, each once. */
  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` after each (re)connection: what was pushed meanwhile may have been missed. */
  onOnline(listener: () => void): () => void {
    this.#helloListeners.add(listener);
    return () => this.#helloListeners.delete(listener);
  }

  /** Keeps the whole conversation current until the returned function is called. */
  open(conv: string): () => void {
    const entry = this.#entry(conv);
    entry.openers += 1;
    if (entry.conversation.isPartial) entry.conversation.rewind();
    if (entry.openers === 1) this.#resume([conv]);
    let open = true;
    return () => {
      if (open) entry.openers -= 1;
      open = false;
    };
  }

  /** What a conversation looks like now. */
  conversation(conv: string): Readable<ConversationView> {
    return this.#entry(conv).view;
  }

  /** Shows the message at once and sends it until it is acknowledged. */
  send(conv: string, text: string): SendResult {
    const trimmed = text.trim();
    if (trimmed === "") return "empty";
    if (new TextEncoder().encode(trimmed).length > MAX_TEXT_BYTES) return "too_long";
    const entry = this.#entry(conv);
    if (entry.view.get().closed) return "closed";
    const key = this.#options.uuid?.() ?? crypto.randomUUID();
    const at = this.#options.now?.() ?? new Date().toISOString();
    if (!entry.conversation.write({ key, sender: this.#account, text: trimmed, at, seq: undefined, state: "sending" })) return "full";
    this.#show(entry);
    this.#socket.send({ type: "send", client_msg_id: key, conv, text: trimmed });
    return "queued";
  }

  /** Sends a refused message once more. */
  retry(conv: string, key: string): void {
    const entry = this.#entry(conv);
    const message = entry.conversation.retry(key);
    if (message === undefined) return;
    this.#show(entry);
    this.#socket.send({ type: "send", client_msg_id: key, conv, text: message.text });
  }

  /** Tells the others how far this person has read. */
  markRead(conv: string): void {
    const { conversation } = this.#entry(conv);
    if (conversation.last > 0) this.#socket.send({ type: "read", conv, upto: conversation.last });
  }

  /** Tells the others that this person is typing, at most every three seconds. */
  typing(conv: string): void {
    if (this.#typingQuiet.has(conv)) return;
    this.#typingQuiet.add(conv);
    this.#later(`quiet ${conv}`, TYPING_SENT_EVERY_MS, () => this.#typingQuiet.delete(conv));
    this.#socket.send({ type: "typing", conv });
  }

  readonly #onHello = (hello: Extract<ServerMessage, { type: "hello" }>): void => {
    this.#account = hello.account;
    for (const head of hello.heads) this.#learn(head);
    for (const entry of this.#entries.values()) entry.resuming = false;
    this.#resume([...this.#entries.keys()]);
    for (const conv of this.#entries.keys()) this.#resend(conv);
    for (const listener of this.#helloListeners) listener();
  };

  readonly #onMessage = (message: ServerMessage): void => {
    switch (message.type) {
      case "event":
        return this.#onEvent(message);
      case "ack":
        return this.#change(message.conv, (conversation) => conversation.acknowledge(message));
      case "resumed":
        for (const conv of message.convs) {
          this.#entry(conv).resuming = false;
          this.#change(conv, (conversation) => conversation.markLoaded());
        }
        return;
      case "resync":
        return void this.#resync(message.conv, message.head);
      case "joined":
        this.#learn(message.head);
        return this.#resume([message.head.conv]);
      case "read":
        return this.#change(message.conv, (conversation) => conversation.read(message.account, message.upto));
      case "typing":
        return this.#onTyping(message.conv, message.account);
      case "error":
        return this.#onRefused(message);
      case "hello":
      case "pong":
        return;
    }
  };

  #onEvent(event: Event): void {
    const entry = this.#entry(event.conv);
    const outcome = entry.conversation.apply(event);
    if (outcome === "gap" && !entry.resuming) this.#resume([event.conv]);
    if (outcome !== "applied") return;
    this.#show(entry);
    for (const listener of this.#listeners) listener(event);
  }

  #onRefused(error: Extract<ServerMessage, { type: "error" }>): void {
    const { conv, client_msg_id: key } = error;
    if (conv === null) return;
    if (PASSING.has(error.code)) {
      this.#later(`again ${conv}`, RETRY_MS, () => {
        if (key === null) this.#resume([conv]);
        else this.#resend(conv);
      });
    } else if (key !== null) this.#change(conv, (conversation) => conversation.fail(key));
  }

  /** Sends whatever was never acknowledged, under the same ids. */
  #resend(conv: string): void {
    for (const { key, text } of this.#entry(conv).conversation.unacknowledged) {
      this.#socket.send({ type: "send", client_msg_id: key, conv, text });
    }
  }

  #later(name: string, pause: number, act: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        act();
      }, pause),
    );
  }

  #onTyping(conv: string, account: string): void {
    if (account === this.#account) return;
    const others = this.#entry(conv).view.get().typing.filter((one) => one !== account);
    this.#change(conv, (conversation) => conversation.setTyping([...others, account]));
    this.#later(`typing ${conv}`, TYPING_SHOWN_MS, () => this.#change(conv, (conversation) => conversation.setTyping([])));
  }

  async #resync(conv: string, head: number): Promise<void> {
    const entry = this.#entry(conv);
    if (entry.openers === 0) entry.conversation.replace([], head);
    else {
      try {
        entry.conversation.replace(await this.#options.history(conv), head);
      } catch {
        this.#later(`history ${conv}`, RETRY_MS, () => void this.#resync(conv, head));
        return;
      }
    }
    this.#show(entry);
    entry.resuming = false;
    this.#resume([conv]);
  }

  #resume(convs: readonly string[]): void {
    const after: Record<string, number> = {};
    for (const conv of convs.slice(0, MAX_RESUMED)) {
      const entry = this.#entry(conv);
      entry.resuming = true;
      after[conv] = entry.conversation.last;
    }
    if (Object.keys(after).length > 0) this.#socket.send({ type: "resume", after });
  }

  /** A conversation nobody looks at is followed from its head only. */
  #learn(head: Head): void {
    if (!this.#entries.has(head.conv)) this.#entries.set(head.conv, newEntry(new Conversation(head.head)));
  }

  #entry(conv: string): Entry {
    let entry = this.#entries.get(conv);
    if (entry === undefined) {
      entry = newEntry(new Conversation());
      this.#entries.set(conv, entry);
    }
    return entry;
  }

  #change(conv: string, change: (conversation: Conversation) => void): void {
    const entry = this.#entry(conv);
    change(entry.conversation);
    this.#show(entry);
  }

  #show(entry: Entry): void {
    entry.view.set(entry.conversation.view());
  }
}

function newEntry(conversation: Conversation): Entry {
  return { conversation, view: new Store(conversation.view()), openers: 0, resuming: false };
}
