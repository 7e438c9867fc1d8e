import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { IdleWatch } from "./idle";
import { Presence } from "./presence";

const MINUTE = 60_000;
const IDLE = 15 * MINUTE;

/** A server that knows one session; each request of a person gives it another fifteen minutes. */
class FakeServer {
  endsAt = Date.now() + IDLE;
  isUp = true;
  /** The end that nothing moves. */
  longest = Number.POSITIVE_INFINITY;
  readonly asked: boolean[] = [];

  readonly ask = async (active: boolean): Promise<number | "over"> => {
    this.asked.push(active);
    if (!this.isUp) throw new Error("nobody answers");
    if (Date.now() >= this.endsAt) return "over";
    if (active) this.endsAt = Math.min(Date.now() + IDLE, this.longest);
    return this.endsAt - Date.now();
  };
}

let server: FakeServer;
let presence: Presence;
let watch: IdleWatch;
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const at = (): string => watch.state.get().at;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  presence = new Presence();
  watch = new IdleWatch({ ask: server.ask, presence });
  watch.start(IDLE);
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

describe("a session nobody uses", () => {
  it("is warned of two minutes before its end, and over at its end", async () => {
    await pass(13 * MINUTE - 1);
    expect(at()).toBe("here");
    await pass(1);
    expect(watch.state.get()).toEqual({ at: "warned", endsAt: server.endsAt, final: false });
    await pass(2 * MINUTE - 1);
    expect(at()).toBe("warned");
    await pass(1);
    expect(at()).toBe("over");
    expect(server.asked).not.toContain(true);
  });

  it("goes on when the person says they are there", async () => {
    await pass(14 * MINUTE);
    await watch.extend();
    expect(at()).toBe("here");
    await pass(12 * MINUTE);
    expect(at()).toBe("here");
    await pass(MINUTE);
    expect(at()).toBe("warned");
  });

  it("goes on when another page prolonged it", async () => {
    await pass(13 * MINUTE + 1_000);
    expect(at()).toBe("warned");
    server.endsAt = Date.now() + IDLE;
    await pass(15_000);
    expect(at()).toBe("here");
  });

  it("is over at its end even when nobody answers, and not before", async () => {
    server.isUp = false;
    await pass(13 * MINUTE);
    expect(at()).toBe("warned");
    await watch.extend();
    expect(watch.state.get()).toMatchObject({ at: "warned", final: false });
    await pass(2 * MINUTE);
    expect(at()).toBe("over");
  });

  it("says so when nothing prolongs it any more", async () => {
    server.longest = server.endsAt;
    await pass(13 * MINUTE);
    await watch.extend();
    expect(watch.state.get()).toMatchObject({ at: "warned", final: true });
  });
});

describe("a session somebody uses", () => {
  it("is prolonged by hands on the page, once a minute at most", async () => {
    for (let second = 0; second < 20 * 60; second += 10) {
      await pass(10_000);
      presence.touch();
    }
    expect(at()).toBe("here");
    expect(server.asked.length).toBeLessThanOrEqual(21);
    expect(server.asked).not.toContain(false);
  });

  it("never idles out while something holds the person, such as a call", async () => {
    const letGo = presence.hold();
    await pass(60 * MINUTE);
    expect(at()).toBe("here");
    letGo();
    await pass(IDLE);
    expect(at()).toBe("over");
  });

  it("is asked for at once when the page wakes after its end", async () => {
    server.endsAt = Date.now() + MINUTE;
    vi.setSystemTime(Date.now() + 14 * MINUTE);
    watch.wake();
    await pass(0);
    expect(at()).toBe("over");
  });
});

it("does not trust this browser’s clock near the end", async () => {
  watch.stop();
  watch = new IdleWatch({ ask: server.ask, presence });
  watch.start(-60 * MINUTE);
  await pass(0);
  expect(at()).toBe("here");
  watch.stop();
  watch = new IdleWatch({ ask: server.ask, presence });
  watch.start(80 * MINUTE);
  await pass(13 * MINUTE);
  expect(at()).toBe("warned");
});
