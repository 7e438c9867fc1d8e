import { describe, expect, it, vi } from "vitest";
import { Refresher } from "./refresher";

/** A reading whose end the test decides. */
function held() {
  const ends: (() => void)[] = [];
  const read = vi.fn(() => new Promise<void>((resolve) => void ends.push(resolve)));
  return { read, finish: () => ends.shift()?.() };
}

describe("reading again after pushes", () => {
  it("reads once for a burst, and once more for what came meanwhile", async () => {
    const { read, finish } = held();
    const refresher = new Refresher(read);
    for (let push = 0; push < 20; push += 1) refresher.request();
    expect(read).toHaveBeenCalledTimes(1);
    finish();
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2));
    finish();
    await Promise.resolve();
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("reads again after a failure", async () => {
    const read = vi.fn(() => Promise.reject(new Error("away")));
    const refresher = new Refresher(read);
    refresher.request();
    await vi.waitFor(() => {
      refresher.request();
      expect(read.mock.calls.length).toBeGreaterThan(1);
    });
  });
});
