import { describe, expect, it, vi } from "vitest";
import { ApiError } from "@shared/api/error";
import { StepUpDeclined, StepUpGate } from "./step-up";

const refused = (): ApiError => new ApiError("step_up_required", 403, "");
const settle = (): Promise<void> => new Promise((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

describe("proving again who one is", () => {
  it("asks nothing while the server asks nothing", async () => {
    const gate = new StepUpGate();
    await expect(gate.run(async () => "done")).resolves.toBe("done");
    expect(gate.question.get()).toBeUndefined();
  });

  it("goes on with what was refused", async () => {
    const gate = new StepUpGate();
    const call = vi.fn<() => Promise<string>>().mockRejectedValueOnce(refused()).mockResolvedValueOnce("done");
    const running = gate.run(call);
    await vi.waitFor(() => expect(gate.question.get()).toBeDefined());
    gate.question.get()?.proved();
    await expect(running).resolves.toBe("done");
    expect(gate.question.get()).toBeUndefined();
  });

  it("asks once for all that wait", async () => {
    const gate = new StepUpGate();
    const calls = [1, 2].map((n) => vi.fn<() => Promise<number>>().mockRejectedValueOnce(refused()).mockResolvedValueOnce(n));
    const running = Promise.all(calls.map((call) => gate.run(call)));
    await vi.waitFor(() => expect(gate.question.get()).toBeDefined());
    await settle();
    gate.question.get()?.proved();
    await expect(running).resolves.toEqual([1, 2]);
  });

  it("fails in its own way when the person declines, and asks again next time", async () => {
    const gate = new StepUpGate();
    const call = vi.fn<() => Promise<string>>().mockRejectedValue(refused());
    const running = gate.run(call);
    await vi.waitFor(() => expect(gate.question.get()).toBeDefined());
    gate.question.get()?.declined();
    await expect(running).rejects.toBeInstanceOf(StepUpDeclined);
    expect(call).toHaveBeenCalledTimes(1);
    const again = gate.run(call);
    await vi.waitFor(() => expect(gate.question.get()).toBeDefined());
    gate.question.get()?.proved();
    await expect(again).rejects.toMatchObject({ code: "step_up_required" });
    expect(call).toHaveBeenCalledTimes(3);
  });
});
