import type { Page } from "@playwright/test";

interface Remembered {
  readonly signalsOfTest: WebSocket[];
  readonly peersOfTest: RTCPeerConnection[];
}

/** The page's signal connections and what they carry. */
export interface Signal {
  /** Signal connections that are open. */
  readonly open: number;
  /** Signal connections ever opened. */
  readonly opened: number;
  /** Peer connections ever made: a resume makes none. */
  readonly peers: number;
}

/** Runs before the page's own code and remembers its signal connections. */
export function rememberSignals(): void {
  const all: WebSocket[] = [];
  Object.defineProperty(globalThis, "signalsOfTest", { value: all });
  globalThis.WebSocket = new Proxy(WebSocket, {
    construct(target, args: ConstructorParameters<typeof WebSocket>) {
      const socket = new target(...args);
      if (new URL(socket.url).pathname.startsWith("/rtc")) all.push(socket);
      return socket;
    },
  });
}

export function signalOf(page: Page): Promise<Signal> {
  return page.evaluate(() => {
    const { signalsOfTest, peersOfTest } = globalThis as unknown as Remembered;
    const open = signalsOfTest.filter((socket) => socket.readyState === WebSocket.OPEN).length;
    return { open, opened: signalsOfTest.length, peers: peersOfTest.length };
  });
}

/** Closes the open signal connections as a network would, without a word of leave. */
export function cutSignal(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { signalsOfTest } = globalThis as unknown as Remembered;
    for (const socket of signalsOfTest) socket.close(4000);
  });
}
