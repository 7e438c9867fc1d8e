import type { DeviceCheck as Report, DeviceResult } from "@shared/api/types";
import { patch, type Readable, Store } from "@shared/lib/store";
import { type LevelMeter, webAudioMeter } from "./level-meter";
import { insecureProblem, type MediaProblem, mediaProblem } from "./media-problem";
import { checkNetwork, type NetworkProbes, type NetworkResult } from "./network-check";

export type StepName = "camera" | "microphone" | "network";

/**
 * Where one step stands. A microphone is `running` until it hears something; a camera is `ok` as
 * soon as it gives a picture.
 */
export type StepStatus = "idle" | "asking" | "running" | "ok" | "failed" | "skipped";

export interface Step {
  readonly status: StepStatus;
  readonly problem: MediaProblem | undefined;
}

export interface DeviceCheckState {
  readonly camera: Step & { readonly stream: MediaStream | undefined };
  readonly microphone: Step & { readonly level: number };
  readonly network: Step & { readonly result: NetworkResult | undefined };
  readonly cameras: readonly MediaDeviceInfo[];
  readonly microphones: readonly MediaDeviceInfo[];
  /** Device ids in use, for the call to begin with. */
  readonly chosen: { readonly camera?: string; readonly microphone?: string };
}

/** What the check needs from the browser; tests hand in their own. */
export interface DeviceCheckParts {
  readonly media: Pick<MediaDevices, "getUserMedia" | "enumerateDevices"> | undefined;
  readonly probes: NetworkProbes;
  readonly meter?: LevelMeter;
}

/** Loud enough to be a voice rather than the hum of a room (about −40 dBFS). */
const VOICE_LEVEL = 0.33;
const idle: Step = { status: "idle", problem: undefined };

/**
 * The patient's device check. Holds camera and microphone only while their step is shown;
 * {@link dispose} turns both off.
 */
export class DeviceCheck {
  readonly #state = new Store<DeviceCheckState>({
    camera: { ...idle, stream: undefined },
    microphone: { ...idle, level: 0 },
    network: { ...idle, result: undefined },
    cameras: [],
    microphones: [],
    chosen: {},
  });
  readonly #parts: DeviceCheckParts;
  #sound: MediaStream | undefined;
  #stopMeter: (() => void) | undefined;
  #disposed = false;

  constructor(parts: DeviceCheckParts) {
    this.#parts = parts;
  }

  get state(): Readable<DeviceCheckState> {
    return this.#state;
  }

  /** Asks for the camera and shows it; `id` chooses among several. */
  async startCamera(id?: string): Promise<void> {
    this.stopCamera();
    this.#setCamera({ status: "asking", problem: undefined });
    const stream = await this.#open("camera", { video: id === undefined ? { facingMode: "user" } : { deviceId: { exact: id } } });
    if (stream === undefined) return;
    this.#setCamera({ status: "ok", stream });
    this.#choose("camera", stream);
  }

  /** Asks for the microphone and listens; `id` chooses among several. */
  async startMicrophone(id?: string): Promise<void> {
    this.stopMicrophone();
    this.#setMicrophone({ status: "asking", problem: undefined, level: 0 });
    const stream = await this.#open("microphone", { audio: id === undefined ? true : { deviceId: { exact: id } } });
    if (stream === undefined) return;
    this.#sound = stream;
    this.#setMicrophone({ status: "running" });
    this.#choose("microphone", stream);
    this.#stopMeter = (this.#parts.meter ?? webAudioMeter)(stream, (level) => {
      const heard = this.#state.get().microphone.status === "ok" || level >= VOICE_LEVEL;
      this.#setMicrophone({ level, status: heard ? "ok" : "running" });
    });
  }

  /** Measures the way to the server. */
  async startNetwork(): Promise<void> {
    const set = (change: Partial<DeviceCheckState["network"]>): void =>
      patch(this.#state, { network: { ...this.#state.get().network, ...change } });
    set({ status: "asking", result: undefined });
    const result = await checkNetwork(this.#parts.probes);
    if (!this.#disposed) set({ status: result.verdict === "failed" ? "failed" : "ok", result });
  }

  /** Goes on without this device. */
  skip(step: StepName): void {
    if (step === "camera") {
      this.stopCamera();
      this.#setCamera({ status: "skipped" });
    } else if (step === "microphone") {
      this.stopMicrophone();
      this.#setMicrophone({ status: "skipped" });
    } else patch(this.#state, { network: { ...this.#state.get().network, status: "skipped" } });
  }

  /** Turns the camera off; what the step found stays. */
  stopCamera(): void {
    stop(this.#state.get().camera.stream);
    this.#setCamera({ stream: undefined });
  }

  /** Turns the microphone off; what the step found stays. */
  stopMicrophone(): void {
    this.#stopMeter?.();
    this.#stopMeter = undefined;
    stop(this.#sound);
    this.#sound = undefined;
  }

  /** What the visit is told. A step never finished counts as skipped. */
  report(): Report {
    const { camera, microphone, network } = this.#state.get();
    return { camera: resultOf(camera), microphone: resultOf(microphone), network: resultOf(network) };
  }

  dispose(): void {
    this.#disposed = true;
    this.stopCamera();
    this.stopMicrophone();
  }

  async #open(kind: "camera" | "microphone", constraints: MediaStreamConstraints): Promise<MediaStream | undefined> {
    const fail = (problem: MediaProblem): undefined => {
      const change = { status: "failed", problem } as const;
      if (kind === "camera") this.#setCamera(change);
      else this.#setMicrophone(change);
      return undefined;
    };
    if (this.#parts.media === undefined) return fail(insecureProblem(kind));
    let stream: MediaStream;
    try {
      stream = await this.#parts.media.getUserMedia(constraints);
    } catch (error) {
      return fail(mediaProblem(kind, error));
    }
    if (this.#disposed || this.#state.get()[kind].status !== "asking") {
      // The person went on while the browser was still asking.
      stop(stream);
      return undefined;
    }
    void this.#list();
    return stream;
  }

  async #list(): Promise<void> {
    const all = (await this.#parts.media?.enumerateDevices().catch(() => [])) ?? [];
    if (this.#disposed) return;
    patch(this.#state, {
      cameras: all.filter((device) => device.kind === "videoinput"),
      microphones: all.filter((device) => device.kind === "audioinput"),
    });
  }

  #choose(kind: "camera" | "microphone", stream: MediaStream): void {
    const id = stream.getTracks()[0]?.getSettings().deviceId;
    if (id !== undefined) patch(this.#state, { chosen: { ...this.#state.get().chosen, [kind]: id } });
  }

  #setCamera(change: Partial<DeviceCheckState["camera"]>): void {
    patch(this.#state, { camera: { ...this.#state.get().camera, ...change } });
  }

  #setMicrophone(change: Partial<DeviceCheckState["microphone"]>): void {
    patch(this.#state, { microphone: { ...this.#state.get().microphone, ...change } });
  }
}

function stop(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function resultOf(step: Step): DeviceResult {
  if (step.status === "ok") return "ok";
  return step.status === "failed" ? "failed" : "skipped";
}
