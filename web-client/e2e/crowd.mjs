/**
 * Many people with the unmodified `@livekit/rtc-node` in one program: each sends a small moving
 * picture and a tone, and receives nothing. Until its stdin ends.
 *
 * stdin: a line of JSON for each person, {@link Order}; tokens come this way because arguments show
 * in the process list. stdout: a line `{"joined": n}` after each.
 *
 * @typedef {{ url: string, token: string, width: number, height: number, speaks: boolean }} Order
 */
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { AudioFrame, AudioSource, dispose, LocalAudioTrack, LocalVideoTrack, Room, TrackPublishOptions, TrackSource, VideoBufferType, VideoFrame, VideoSource } from "@livekit/rtc-node";

const RATE = 6;
const SAMPLE_RATE = 48_000;
const TONE_MS = 20;

const over = new AbortController();
const rooms = [];

/** A plain picture with a bar that moves, in I420. */
async function film(source, { width, height }, tint) {
  const luma = width * height;
  for (let number = 0; !over.signal.aborted; number += 1) {
    const picture = new Uint8Array((luma * 3) / 2).fill(128);
    picture.fill(70 + tint, 0, luma);
    const row = (number * 4) % height;
    picture.fill(225, row * width, Math.min(row + 3, height) * width);
    source.captureFrame(new VideoFrame(picture, width, height, VideoBufferType.I420));
    await pause(1_000 / RATE);
  }
}

/** A steady tone, or silence. */
async function hum(source, speaks) {
  const length = (SAMPLE_RATE * TONE_MS) / 1_000;
  const tone = Int16Array.from({ length }, (_, at) => (speaks ? 9_000 * Math.sin((at * 2 * Math.PI * 400) / SAMPLE_RATE) : 0));
  while (!over.signal.aborted) await source.captureFrame(new AudioFrame(tone, SAMPLE_RATE, 1, length));
}

async function come(order, number) {
  const room = new Room();
  rooms.push(room);
  await room.connect(order.url, order.token, { autoSubscribe: false, dynacast: true, singlePeerConnection: true });
  const video = new VideoSource(order.width, order.height);
  const audio = new AudioSource(SAMPLE_RATE, 1, 200);
  const camera = new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast: true });
  const microphone = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
  await room.localParticipant.publishTrack(LocalVideoTrack.createVideoTrack("camera", video), camera);
  await room.localParticipant.publishTrack(LocalAudioTrack.createAudioTrack("microphone", audio), microphone);
  void film(video, order, (number * 11) % 90);
  void hum(audio, order.speaks);
}

const input = createInterface({ input: process.stdin });
// One after the other: eleven handshakes at once would starve a small machine.
let joined = 0;
for await (const line of input) {
  await come(JSON.parse(line), joined);
  joined += 1;
  process.stdout.write(`${JSON.stringify({ joined })}\n`);
}
over.abort();
await Promise.all(rooms.map((room) => room.disconnect()));
await dispose();
process.exit(0);
