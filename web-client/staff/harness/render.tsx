import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { configure, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { setupServer } from "msw/node";
import { act } from "react";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { App } from "../src/app/App";
import { FakeSocket } from "../../shared/testing/fake-socket";
import { cssVariablesResolver, theme } from "../src/theme";
import { handlersOf, type World } from "./handlers";

const server = setupServer();

/** The socket the app opened last; the test is its other end. */
export const sockets: FakeSocket[] = [];

/** A busy machine is slow, not wrong: waits are for conditions, and these only bound them. */
const WAIT_LIMIT_MS = 15_000;

/** Prepares a test file that renders the whole app against the pretended server. */
export function prepareApp(): void {
  configure({ asyncUtilTimeout: WAIT_LIMIT_MS });
  vi.setConfig({ testTimeout: 4 * WAIT_LIMIT_MS });
  beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
  afterEach(() => {
    server.resetHandlers();
    sockets.length = 0;
    vi.unstubAllGlobals();
  });
  afterAll(() => server.close());
}

/** jsdom draws nothing, so it has no sizes to match or watch. */
function stubBrowser(): void {
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: query.includes("min-width"), media: query, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined }));
  vi.stubGlobal("ResizeObserver", class {
    observe = (): void => undefined;
    unobserve = (): void => undefined;
    disconnect = (): void => undefined;
  });
  Element.prototype.scrollIntoView = () => undefined;
  Object.defineProperty(document, "fonts", { configurable: true, value: new EventTarget() });
  vi.stubGlobal("AudioContext", class {
    readonly state = "suspended";
    resume = (): Promise<void> => Promise.resolve();
    close = (): Promise<void> => Promise.resolve();
  });
  vi.stubGlobal("WebSocket", function open(url: string, subprotocol: string) {
    const socket = new FakeSocket(url, subprotocol);
    sockets.push(socket);
    return socket;
  });
}

/** Opens the staff app at a path, as `world` knows it. */
export function openApp(world: World, path: string) {
  stubBrowser();
  server.use(...handlersOf(world));
  const location = memoryLocation({ path: `/staff${path}`, record: true });
  render(
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} env="test">
      <Notifications />
      <Router base="/staff" hook={location.hook}>
        <App />
      </Router>
    </MantineProvider>,
  );
  return { user: userEvent.setup(), path: () => location.history.at(-1) };
}

/** The server accepts the app's socket and greets. */
export function greet(world: World): FakeSocket {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error("the app has opened no socket");
  act(() => {
    socket.accept();
    socket.push({
      type: "hello",
      conn: "c1",
      epoch: "e1",
      account: world.account?.id ?? "",
      heads: [{ conv: "conversation-room", kind: "waiting_room", head: 0, read: 0 }],
    });
  });
  return socket;
}
