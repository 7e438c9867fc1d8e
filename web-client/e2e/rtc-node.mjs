/**
 * Somebody who comes with the unmodified `@livekit/rtc-node`, as a program of its own: its native
 * library must not live inside the test runner. Sends a picture and a tone until its stdin ends.
 *
 * stdin: one line of JSON, the {@link Order}; the token comes this way because arguments show in
 * the process list. stdout: twice a second one line of JSON, the {@link Report}.
 *
 * @typedef {{ url: string, token: string, single: boolean }} Order
 * @typedef {{ joined: boolean, heard: Record<string, { frames: number, peak: number }> }} Report
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  dispose,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  VideoStream,
} from "@livekit/rtc-node";

const [WIDTH, HEIGHT, RATE] = [320, 180, 8];
const SAMPLE_RATE = 48_000;
const TONE_MS = 20;

/** @type {Report} */
const report = { joined: false, heard: {} };
const over = new AbortController();

/** A plain picture with a bar that moves, in I420. @param {VideoSource} source */
async function film(source) {
  const luma = WIDTH * HEIGHT;
  for (let number = 0; !over.signal.aborted; number += 1) {
    const picture = new Uint8Array((luma * 3) / 2).fill(96);
    picture.fill(235, ((number * 5) % HEIGHT) * WIDTH, ((number * 5) % HEIGHT) * WIDTH + WIDTH);
    source.captureFrame(new VideoFrame(picture, WIDTH, HEIGHT, VideoBufferType.I420));
    await pause(1_000 / RATE);
  }
}

/** A steady tone. @param {AudioSource} source */
async function hum(source) {
  const length = (SAMPLE_RATE * TONE_MS) / 1_000;
  const tone = Int16Array.from({ length }, (_, at) => 9_000 * Math.sin((at * 2 * Math.PI * 400) / SAMPLE_RATE));
  while (!over.signal.aborted) await source.captureFrame(new AudioFrame(tone, SAMPLE_RATE, 1, length));
}

/** Counts what arrives of one track. */
async function witness(track, identity) {
  const entry = (report.heard[identity] ??= { frames: 0, peak: 0 });
  if (track.kind === TrackKind.KIND_VIDEO) {
    for await (const _ of new VideoStream(track)) entry.frames += 1;
  } else {
    for await (const { data } of new AudioStream(track)) entry.peak = data.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), entry.peak);
  }
}

const input = createInterface({ input: process.stdin });
const gone = once(input, "close");
const [line] = await once(input, "line");
/** @type {Order} */
const { url, token, single } = JSON.parse(line);
const telling = setInterval(() => process.stdout.write(`${JSON.stringify(report)}\n`), 500);

const room = new Room();
room.on(RoomEvent.TrackSubscribed, (track, _, { identity }) => void witness(track, identity));
await room.connect(url, token, { autoSubscribe: true, dynacast: true, singlePeerConnection: single });
const video = new VideoSource(WIDTH, HEIGHT);
const audio = new AudioSource(SAMPLE_RATE, 1, 200);
const camera = LocalVideoTrack.createVideoTrack("camera", video);
const microphone = LocalAudioTrack.createAudioTrack("microphone", audio);
await room.localParticipant.publishTrack(camera, new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA }));
await room.localParticipant.publishTrack(microphone, new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }));
void film(video);
void hum(audio);
report.joined = true;

await gone;
over.abort();
clearInterval(telling);
await room.disconnect();
await dispose();
process.exit(0);
