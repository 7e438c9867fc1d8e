import type { Event, ServerMessage } from "@shared/api/generated/protocol";

/** A message as a view shows it. */
export interface Message {
  /** The sender's own name for it: stable from typing to storage. */
  readonly key: string;
  /** Account id. */
  readonly sender: string;
  readonly text: string;
  /** RFC 3339; when stored, or when written here if not stored yet. */
  readonly at: string;
  /** Place in the conversation; undefined until stored. */
  readonly seq: number | undefined;
  readonly state: "sending" | "sent" | "failed";
}

export interface ConversationView {
  readonly messages: readonly Message[];
  /** No more messages are taken. */
  readonly closed: boolean;
  /** Last sequence others have read, by account id. */
  readonly reads: Readonly<Record<string, number>>;
  /** Accounts typing now. */
  readonly typing: readonly string[];
  /** Whether what is shown is everything up to the head, as far as known. */
  readonly loaded: boolean;
}

type Ack = Extract<ServerMessage, { type: "ack" }>;

/** The most messages waiting for their acknowledgement. */
const MAX_PENDING = 100;

/**
 * The ordered events of one conversation and what was written here but is not stored yet.
 * Pure: no socket, no clock.
 *
 * Events are applied only in order, each once: {@link apply} refuses a repetition and a gap.
 */
export class Conversation {
  #last: number;
  /** Sequence before the first event held; 0 when the conversation is held from its start. */
  #base: number;
  #messages: Message[] = [];
  #pending: Message[] = [];
  #closed = false;
  #reads: Record<string, number> = {};
  #typing: readonly string[] = [];
  #loaded = false;

  /** Begins after `base`: 0 for the whole conversation, its head for new events only. */
  constructor(base = 0) {
    this.#base = base;
    this.#last = base;
  }

  /** The last sequence applied. */
  get last(): number {
    return this.#last;
  }

  /** Whether earlier events exist that are not held. */
  get isPartial(): boolean {
    return this.#base > 0;
  }

  /** Messages that were never acknowledged, oldest first. */
  get unacknowledged(): readonly Message[] {
    return this.#pending.filter((message) => message.state === "sending");
  }

  apply(event: Event): "applied" | "repeated" | "gap" {
    if (event.seq <= this.#last) return "repeated";
    if (event.seq > this.#last + 1) return "gap";
    this.#last = event.seq;
    this.#take(event);
    return "applied";
  }

  /** Replaces everything stored by a history that ends at `head`. */
  replace(events: readonly Event[], head: number): void {
    const ordered = [...events].sort((a, b) => a.seq - b.seq);
    this.#messages = [];
    this.#base = (ordered[0]?.seq ?? head + 1) - 1;
    this.#last = head;
    this.#loaded = true;
    for (const event of ordered) if (event.seq <= head) this.#take(event);
  }

  /** Forgets what is stored here, so that it can be read again from the start. */
  rewind(): void {
    this.#messages = [];
    this.#base = 0;
    this.#last = 0;
    this.#loaded = false;
  }

  /** Adds a message written here; false when too many wait already. */
  write(message: Message): boolean {
    if (this.#pending.length >= MAX_PENDING) return false;
    this.#pending.push(message);
    return true;
  }

  acknowledge(ack: Ack): void {
    this.#pending = this.#pending.map((message) =>
      message.key === ack.client_msg_id ? { ...message, state: "sent", seq: ack.seq, at: ack.at } : message,
    );
    // Its event may have come first, or lie before what is held.
    this.#pending = this.#pending.filter((message) => message.key !== ack.client_msg_id || !this.#holds(message.key));
  }

  /** The server refused the message for good. */
  fail(key: string): void {
    this.#pending = this.#pending.map((message) => (message.key === key ? { ...message, state: "failed" } : message));
  }

  /** Puts a failed message back to be sent; undefined when there is none. */
  retry(key: string): Message | undefined {
    this.#pending = this.#pending.map((message) =>
      message.key === key && message.state === "failed" ? { ...message, state: "sending" } : message,
    );
    return this.#pending.find((message) => message.key === key);
  }

  read(account: string, upto: number): void {
    if (upto > (this.#reads[account] ?? 0)) this.#reads = { ...this.#reads, [account]: upto };
  }

  setTyping(accounts: readonly string[]): void {
    this.#typing = accounts;
  }

  markLoaded(): void {
    this.#loaded = true;
  }

  view(): ConversationView {
    return {
      messages: [...this.#messages, ...this.#pending],
      closed: this.#closed,
      reads: this.#reads,
      typing: this.#typing,
      loaded: this.#loaded,
    };
  }

  #holds(key: string): boolean {
    return this.#messages.some((message) => message.key === key);
  }

  #take(event: Event): void {
    if (event.body.kind === "closed") this.#closed = true;
    if (event.body.kind !== "message") return;
    const { client_msg_id: key, sender, text } = event.body;
    this.#pending = this.#pending.filter((message) => message.key !== key);
    this.#messages = [...this.#messages, { key, sender, text, at: event.at, seq: event.seq, state: "sent" }];
    this.#typing = this.#typing.filter((account) => account !== sender);
  }
}
