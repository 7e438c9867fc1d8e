/**
 * People who come with the unmodified `@livekit/rtc-node`, as a program of its own: its native
 * library must not live inside the test runner.
 *
 * stdin, one JSON a line: first the {@link Order}, then any number of `{"speak": index}`; its end
 * sends everybody home. stdout, one JSON a line, twice a second: a {@link Report}. Tokens come
 * over stdin because arguments show in the process list.
 *
 * @typedef {{ url: string, single: boolean, people: { token: string, subscribe: boolean }[] }} Order
 * @typedef {{ joined: number, heard: Record<string, { frames: number, width: number, samples: number, peak: number }> }} Report
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
const report = { joined: 0, heard: {} };
/** Who makes a sound: everybody (undefined) or one. @type {number | undefined} */
let speaker;
const over = new AbortController();

/** A plain picture with a bar that moves, in I420. @param {VideoSource} source @param {number} index */
async function film(source, index) {
  const luma = WIDTH * HEIGHT;
  for (let number = 0; !over.signal.aborted; number += 1) {
    const picture = new Uint8Array((luma * 3) / 2).fill(96, 0, luma);
    picture.fill(235, ((number * 5) % HEIGHT) * WIDTH, ((number * 5) % HEIGHT) * WIDTH + WIDTH);
    // Everybody has a colour of their own.
    picture.fill((index * 61) % 256, luma, (luma * 5) / 4).fill((index * 113) % 256, (luma * 5) / 4);
    source.captureFrame(new VideoFrame(picture, WIDTH, HEIGHT, VideoBufferType.I420));
    await pause(1_000 / RATE);
  }
}

/** A tone for the one who speaks, silence for the others. @param {AudioSource} source @param {number} index */
async function speak(source, index) {
  const length = (SAMPLE_RATE * TONE_MS) / 1_000;
  const tone = Int16Array.from({ length }, (_, at) => 9_000 * Math.sin((at * 2 * Math.PI * 400) / SAMPLE_RATE));
  const silence = new Int16Array(length);
  while (!over.signal.aborted) {
    const samples = speaker === undefined || speaker === index ? tone : silence;
    await source.captureFrame(new AudioFrame(samples, SAMPLE_RATE, 1, length));
  }
}

/** Counts what arrives of one track. */
async function witness(track, identity) {
  const entry = (report.heard[identity] ??= { frames: 0, width: 0, samples: 0, peak: 0 });
  if (track.kind === TrackKind.KIND_VIDEO) {
    for await (const { frame } of new VideoStream(track)) {
      entry.frames += 1;
      entry.width = frame.width;
    }
  } else {
    for await (const { data } of new AudioStream(track)) {
      entry.samples += data.length;
      entry.peak = data.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), entry.peak);
    }
  }
}

/** Joins one person, who sends a picture and a sound. */
async function join({ url, single }, { token, subscribe }, index) {
  const room = new Room();
  room.on(RoomEvent.TrackSubscribed, (track, _, { identity }) => void witness(track, identity));
  await room.connect(url, token, { autoSubscribe: subscribe, dynacast: true, singlePeerConnection: single });
  const video = new VideoSource(WIDTH, HEIGHT);
  const audio = new AudioSource(SAMPLE_RATE, 1, 200);
  const camera = LocalVideoTrack.createVideoTrack("camera", video);
  const microphone = LocalAudioTrack.createAudioTrack("microphone", audio);
  await room.localParticipant.publishTrack(camera, new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA }));
  await room.localParticipant.publishTrack(microphone, new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }));
  void film(video, index);
  void speak(audio, index);
  report.joined += 1;
  return room;
}

const input = createInterface({ input: process.stdin });
const gone = once(input, "close");
const [first] = await once(input, "line");
/** @type {Order} */
const order = JSON.parse(first);
input.on("line", (line) => (speaker = JSON.parse(line).speak));
const telling = setInterval(() => process.stdout.write(`${JSON.stringify(report)}\n`), 500);

const rooms = await Promise.all(order.people.map((person, index) => join(order, person, index)));
await gone;
over.abort();
clearInterval(telling);
await Promise.all(rooms.map((room) => room.disconnect()));
await dispose();
process.exit(0);
