import { expect, test, vi } from "vitest";
import { DeviceCheck, type DeviceCheckParts } from "./device-check";
import { levelOf, type LevelListener } from "./level-meter";
import { mediaProblem } from "./media-problem";
import { checkNetwork } from "./network-check";

class Stream {
  stopped = false;
  getTracks(): { stop: () => void; getSettings: () => { deviceId: string } }[] {
    return [{ stop: () => (this.stopped = true), getSettings: () => ({ deviceId: "built-in" }) }];
  }
}

const goodProbes = { roundTrip: () => Promise.resolve(20), openLive: () => Promise.resolve() };

function setUp(getUserMedia: () => Promise<unknown>): { check: DeviceCheck; hear: LevelListener } {
  let listener: LevelListener = () => undefined;
  const parts = {
    media: { getUserMedia, enumerateDevices: () => Promise.resolve([]) },
    probes: goodProbes,
    meter: (_: MediaStream, heard: LevelListener) => {
      listener = heard;
      return () => undefined;
    },
  } as unknown as DeviceCheckParts;
  return { check: new DeviceCheck(parts), hear: (level) => listener(level) };
}

test("a camera that gives a picture is ok and its id is kept for the call", async () => {
  const { check } = setUp(() => Promise.resolve(new Stream()));
  await check.startCamera();
  expect(check.state.get().camera.status).toBe("ok");
  expect(check.state.get().chosen.camera).toBe("built-in");
  expect(check.report()).toEqual({ camera: "ok", microphone: "skipped", network: "skipped" });
});

test("a microphone is ok only once it heard a voice", async () => {
  const { check, hear } = setUp(() => Promise.resolve(new Stream()));
  await check.startMicrophone();
  hear(0.05);
  expect(check.state.get().microphone.status).toBe("running");
  hear(0.6);
  expect(check.state.get().microphone.status).toBe("ok");
  hear(0);
  expect(check.state.get().microphone.status).toBe("ok");
});

test("a refused permission fails with what to do, and trying again can succeed", async () => {
  const ask = vi.fn().mockRejectedValueOnce(new DOMException("no", "NotAllowedError")).mockResolvedValue(new Stream());
  const { check } = setUp(ask);
  await check.startCamera();
  expect(check.state.get().camera.problem?.code).toBe("denied");
  expect(check.report().camera).toBe("failed");
  await check.startCamera();
  expect(check.state.get().camera.status).toBe("ok");
});

test("skipping while the browser still asks turns a late stream off", async () => {
  const stream = new Stream();
  let answer: (stream: unknown) => void = () => undefined;
  const { check } = setUp(() => new Promise((resolve) => (answer = resolve)));
  const started = check.startCamera();
  check.skip("camera");
  answer(stream);
  await started;
  expect(stream.stopped).toBe(true);
  expect(check.report().camera).toBe("skipped");
});

test("dispose turns the devices off", async () => {
  const streams: Stream[] = [];
  const { check } = setUp(() => Promise.resolve(streams[streams.push(new Stream()) - 1]));
  await check.startCamera();
  await check.startMicrophone();
  check.dispose();
  expect(streams.map((stream) => stream.stopped)).toEqual([true, true]);
});

test("a page without devices says which browser helps", async () => {
  const check = new DeviceCheck({ media: undefined, probes: goodProbes });
  await check.startMicrophone();
  expect(check.state.get().microphone.problem?.code).toBe("insecure");
});

test.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "missing"],
  ["NotReadableError", "in_use"],
  ["SecurityError", "insecure"],
  ["SomethingNew", "unknown"],
])("%s means %s", (name, code) => {
  const problem = mediaProblem("camera", new DOMException("", name));
  expect(problem.code).toBe(code);
  expect(problem.what).not.toBe("");
  expect(problem.fix).not.toBe("");
});

test("closing the screen picker is a choice, not a failure", () => {
  expect(mediaProblem("screen", new DOMException("", "NotAllowedError")).code).toBe("dismissed");
});

test("levels run from silence to full scale", () => {
  expect(levelOf(new Float32Array(64))).toBe(0);
  expect(levelOf(new Float32Array(64).fill(1))).toBe(1);
  expect(levelOf(new Float32Array(64).fill(0.01))).toBeCloseTo(1 / 3, 2);
});

test.each([
  ["quick answers", () => Promise.resolve(30), () => Promise.resolve(), { verdict: "good", roundTripMs: 30, live: true }],
  ["slow answers", () => Promise.resolve(900), () => Promise.resolve(), { verdict: "slow", roundTripMs: 900, live: true }],
  ["no answers", () => Promise.reject(new Error("x")), () => Promise.resolve(), { verdict: "failed", roundTripMs: null, live: true }],
  ["no live way", () => Promise.resolve(30), () => Promise.reject(new Error("x")), { verdict: "failed", roundTripMs: 30, live: false }],
])("network with %s", async (_name, roundTrip, openLive, expected) => {
  expect(await checkNetwork({ roundTrip, openLive })).toEqual(expected);
});
