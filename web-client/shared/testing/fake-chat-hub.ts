import type { Body, ClientMessage, Event, Head } from "@shared/api/generated/protocol";
import { FakeSocket } from "./fake-socket";

/** Answers chat sockets in the page, the way the chat service does; keeps its events in memory. */
export class FakeChatHub {
  readonly sockets: HubSocket[] = [];
  readonly heads: Head[] = [];
  /** While false, sockets are refused. */
  isUp = true;
  readonly #events: Event[] = [];

  constructor(readonly account: string) {}

  /** A `WebSocket` constructor whose sockets end here. */
  get WebSocket(): typeof WebSocket {
    return socketClass(this);
  }

  /** Stores an event and pushes it to everybody. */
  publish(conv: string, body: Body): Event {
    const seq = this.of(conv).length + 1;
    const event: Event = { conv, seq, id: `${conv}-${seq}`, at: new Date().toISOString(), body };
    this.#events.push(event);
    for (const socket of this.live) socket.push({ type: "event", ...event });
    return event;
  }

  of(conv: string): Event[] {
    return this.#events.filter((event) => event.conv === conv);
  }

  get live(): HubSocket[] {
    return this.sockets.filter((socket) => !socket.isClosed);
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.live) socket.lose();
  }
}

/** One socket of a {@link FakeChatHub}. */
export class HubSocket extends FakeSocket {
  readonly #hub: FakeChatHub;

  constructor(url: string, subprotocol: string, hub: FakeChatHub) {
    super(url, subprotocol);
    this.#hub = hub;
    hub.sockets.push(this);
    queueMicrotask(() => (hub.isUp ? this.accept() : this.lose()));
  }

  override send(frame: string): void {
    super.send(frame);
    const message = JSON.parse(frame) as ClientMessage;
    queueMicrotask(() => {
      if (!this.isClosed) this.#answer(message);
    });
  }

  #answer(message: ClientMessage): void {
    switch (message.type) {
      case "auth":
        return this.push({ type: "hello", conn: "conn", epoch: "epoch", account: this.#hub.account, heads: this.#hub.heads });
      case "resume": {
        for (const [conv, after] of Object.entries(message.after)) {
          for (const event of this.#hub.of(conv)) if (event.seq > after) this.push({ type: "event", ...event });
        }
        return this.push({ type: "resumed", convs: Object.keys(message.after) });
      }
      case "send": {
        const { client_msg_id, conv, text } = message;
        const { seq, id, at } = this.#hub.publish(conv, { kind: "message", sender: this.#hub.account, client_msg_id, text });
        return this.push({ type: "ack", client_msg_id, conv, seq, id, at, duplicate: false });
      }
      case "ping":
        return this.push({ type: "pong", nonce: message.nonce });
      case "auth_refresh":
      case "read":
      case "typing":
        return undefined;
    }
  }
}

function socketClass(hub: FakeChatHub): typeof WebSocket {
  return class extends HubSocket {
    constructor(url: string, subprotocol: string) {
      super(url, subprotocol, hub);
    }
  } as unknown as typeof WebSocket;
}
