import { join } from "node:path";
import type { BrowserContextOptions, Page } from "@playwright/test";
import type * as LiveKit from "livekit-client";
import { Api, expectOk } from "./api";
import { cast, clinic, expect } from "./clinic";
import type { Person } from "./person";
import type { DemoAccount } from "./server";
import { arrive } from "./steps";
import type { Ticket } from "../shared/rtc/connection";

const LIBRARY = join(import.meta.dirname, "../node_modules/livekit-client/dist/livekit-client.umd.js");
/** How long each state is watched at least. */
const WATCHED_MS = 4_000;

interface Inside {
  LivekitClient: typeof LiveKit;
  room: LiveKit.Room;
}

/** What the viewer's decoder says. */
interface Seen {
  readonly at: number;
  readonly decoded: number;
  readonly keyframes: number;
  readonly freezes: number;
  readonly plis: number;
  readonly bytes: number;
  readonly width: number;
  readonly codec: string;
}

/** A room of its own in a page that is otherwise empty. */
async function enter(page: Page, { url, token }: Ticket): Promise<void> {
  await page.goto("/");
  await page.addScriptTag({ path: LIBRARY });
  await page.evaluate(
    async ([to, by]) => {
      const inside = globalThis as unknown as Inside;
      inside.room = new inside.LivekitClient.Room({ adaptiveStream: false, dynacast: false });
      inside.room.on(inside.LivekitClient.RoomEvent.TrackSubscribed, (track) => document.body.append(track.attach()));
      await inside.room.connect(to, by);
    },
    [url, token] as const,
  );
}

/** Sends the camera in VP8, in two sizes, as a client does that is not told otherwise: with three temporal layers in each. */
function showInSizes(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const { LivekitClient, room } = globalThis as unknown as Inside;
    const [track] = await LivekitClient.createLocalTracks({ video: { resolution: { width: 640, height: 360, frameRate: 20 } } });
    if (track === undefined) throw new Error("there is no camera");
    await room.localParticipant.publishTrack(track, {
      videoCodec: "vp8",
      simulcast: true,
      videoEncoding: { maxBitrate: 500_000, maxFramerate: 20 },
    });
  });
}

/** Sends the camera in one stream with the layers of `mode`; false where Chromium does not encode that. */
function show(page: Page, codec: "vp9" | "av1", mode: LiveKit.ScalabilityMode): Promise<boolean> {
  return page.evaluate(
    async ([videoCodec, scalabilityMode]) => {
      const { LivekitClient, room } = globalThis as unknown as Inside;
      const [track] = await LivekitClient.createLocalTracks({ video: { resolution: { width: 640, height: 360, frameRate: 20 } } });
      if (track === undefined) throw new Error("there is no camera");
      const published = await room.localParticipant.publishTrack(track, {
        videoCodec,
        simulcast: false,
        backupCodec: false,
        videoEncoding: { maxBitrate: 600_000, maxFramerate: 20 },
        scalabilityMode,
      });
      const sender = published.track?.sender;
      if (sender === undefined) throw new Error("nothing is sent");
      const sent = sender.getParameters();
      const [encoding] = sent.encodings;
      if (encoding === undefined) throw new Error("nothing is encoded");
      (encoding as { scalabilityMode?: string }).scalabilityMode = scalabilityMode;
      return sender.setParameters(sent).then(
        () => true,
        () => false,
      );
    },
    [codec, mode] as const,
  );
}

/** The viewer shows the picture as small as this. */
function want(page: Page, quality: "LOW" | "HIGH"): Promise<void> {
  return page.evaluate((of) => {
    const { LivekitClient, room } = globalThis as unknown as Inside;
    for (const person of room.remoteParticipants.values()) {
      for (const publication of person.videoTrackPublications.values()) {
        (publication as LiveKit.RemoteTrackPublication).setVideoQuality(LivekitClient.VideoQuality[of]);
      }
    }
  }, quality);
}

/** The viewer says that so many pictures a second are enough. */
function wantRate(page: Page, fps: number): Promise<void> {
  return page.evaluate((of) => {
    const { room } = globalThis as unknown as Inside;
    for (const person of room.remoteParticipants.values()) {
      for (const publication of person.videoTrackPublications.values()) (publication as LiveKit.RemoteTrackPublication).setVideoFPS(of);
    }
  }, fps);
}

function look(page: Page): Promise<Seen | undefined> {
  return page.evaluate(async () => {
    const { room } = globalThis as unknown as Inside;
    const publications = [...room.remoteParticipants.values()].flatMap((person) => [...person.videoTrackPublications.values()]);
    const receiver = publications.map(({ track }) => (track as LiveKit.RemoteVideoTrack | undefined)?.receiver).find((one) => one !== undefined);
    let seen: Seen | undefined;
    const report = await receiver?.getStats();
    report?.forEach((stat: RTCInboundRtpStreamStats & { freezeCount?: number }) => {
      if (stat.type !== "inbound-rtp") return;
      const codec = report.get(stat.codecId ?? "") as { mimeType?: string } | undefined;
      seen = {
        at: performance.now(),
        decoded: stat.framesDecoded ?? 0,
        keyframes: stat.keyFramesDecoded ?? 0,
        freezes: stat.freezeCount ?? 0,
        plis: stat.pliCount ?? 0,
        bytes: stat.bytesReceived ?? 0,
        width: stat.frameWidth ?? 0,
        codec: codec?.mimeType ?? "",
      };
    });
    return seen;
  });
}

interface Watched {
  readonly fps: number;
  readonly kbits: number;
  readonly keyframes: number;
  readonly plis: number;
  readonly freezes: number;
  readonly width: number;
  readonly codec: string;
}

/** What is seen from now on until enough time and pictures have passed. */
async function watch(page: Page): Promise<Watched> {
  const before = await look(page);
  if (before === undefined) throw new Error("nothing is received");
  let after = before;
  await expect
    .poll(
      async () => {
        after = (await look(page)) ?? before;
        return after.at - before.at >= WATCHED_MS && after.decoded - before.decoded >= 10;
      },
      { message: "pictures are decoded" },
    )
    .toBe(true);
  const seconds = (after.at - before.at) / 1_000;
  return {
    fps: Math.round((10 * (after.decoded - before.decoded)) / seconds) / 10,
    kbits: Math.round((8 * (after.bytes - before.bytes)) / seconds / 1_000),
    keyframes: after.keyframes - before.keyframes,
    plis: after.plis - before.plis,
    freezes: after.freezes - before.freezes,
    width: after.width,
    codec: after.codec,
  };
}

/** What is seen once it is as it `ought` to be: the change takes a moment, and is not what is looked at. */
async function settled(page: Page, ought: (watched: Watched) => boolean): Promise<Watched> {
  for (;;) {
    const watched = await watch(page);
    if (ought(watched)) return watched;
  }
}

/** All layers, then fewer, then all again, as a viewer's decoder saw them. */
interface Course {
  readonly all: Watched;
  readonly less: Watched;
  readonly again: Watched;
}

type Meet = (account: DemoAccount, options?: BrowserContextOptions) => Promise<Person>;

/** The pages of two who are in a visit, in rooms of their own: who shows a camera, and who watches. */
async function meet(person: Meet): Promise<readonly [Page, Page]> {
  const { visit, ...accounts } = await cast();
  const patient = await person(accounts.patient, { bypassCSP: true });
  const clinician = await person(accounts.clinician, { bypassCSP: true });
  await patient.signIn();
  await arrive(patient, visit);
  const desk = await Api.signIn(clinic().origin, accounts.clinician);
  expectOk(await desk.post(`/api/v1/visits/${visit.id}/admit`));
  const own = await Api.signIn(clinic().origin, accounts.patient);
  await enter(clinician.page, expectOk(await desk.post<Ticket>(`/api/v1/visits/${visit.id}/join`)));
  await enter(patient.page, expectOk(await own.post<Ticket>(`/api/v1/visits/${visit.id}/join`)));
  return [clinician.page, patient.page];
}

const firstPictures = (page: Page): Promise<void> =>
  expect.poll(async () => (await look(page))?.decoded ?? 0, { message: "the first pictures" }).toBeGreaterThan(20);

/**
 * A viewer of a camera sent in one stream with layers shows it large, small and large again. None
 * where Chromium does not encode that.
 */
export async function followLayers(person: Meet, codec: "vp9" | "av1"): Promise<Course | undefined> {
  const [camera, viewer] = await meet(person);
  if (!(await show(camera, codec, "L3T3_KEY"))) return undefined;
  await firstPictures(viewer);
  const all = await watch(viewer);
  await want(viewer, "LOW");
  await expect.poll(async () => (await look(viewer))?.width ?? 0, { message: "a smaller picture" }).toBeLessThan(all.width);
  const less = await watch(viewer);
  await want(viewer, "HIGH");
  await expect.poll(async () => (await look(viewer))?.width ?? 0, { message: "the larger picture again" }).toBe(all.width);
  const again = await watch(viewer);
  process.stdout.write(`${JSON.stringify({ codec, all, less, again })}\n`);
  return { all, less, again };
}

/** A viewer of a camera in VP8 needs all pictures, fewer, and all again. */
export async function followRates(person: Meet, fewer: number): Promise<Course> {
  const [camera, viewer] = await meet(person);
  await showInSizes(camera);
  await firstPictures(viewer);
  const all = await watch(viewer);
  await wantRate(viewer, fewer);
  const less = await settled(viewer, ({ fps }) => fps < 0.6 * all.fps);
  await wantRate(viewer, 0);
  const again = await settled(viewer, ({ fps }) => fps > 1.5 * less.fps);
  process.stdout.write(`${JSON.stringify({ codec: "vp8", all, less, again })}\n`);
  return { all, less, again };
}
