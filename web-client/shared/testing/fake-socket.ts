import type { ClientMessage, ServerMessage } from "@shared/api/generated/protocol";
import type { SocketLike } from "@shared/chat/socket";

/** A WebSocket whose other end is the test. */
export class FakeSocket extends EventTarget {
  readonly sent: ClientMessage[] = [];
  isClosed = false;

  constructor(
    readonly url: string,
    readonly subprotocol: string,
  ) {
    super();
  }

  send(frame: string): void {
    this.sent.push(JSON.parse(frame) as ClientMessage);
  }

  close(): void {
    this.isClosed = true;
  }

  /** The server accepted the connection. */
  accept(): void {
    this.dispatchEvent(new Event("open"));
  }

  /** The server sends. */
  push(message: ServerMessage): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  /** The server sends whatever text. */
  pushRaw(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  /** The connection is gone. */
  lose(code = 1006): void {
    this.isClosed = true;
    this.dispatchEvent(new CloseEvent("close", { code }));
  }

  /** What was sent of one type. */
  of<T extends ClientMessage["type"]>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.sent.filter((message): message is Extract<ClientMessage, { type: T }> => message.type === type);
  }

  asSocket(): SocketLike {
    return this as unknown as SocketLike;
  }
}
