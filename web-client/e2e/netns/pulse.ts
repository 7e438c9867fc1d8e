import type { Page } from "@playwright/test";

/** What a page received in one step of about 100 ms. */
interface Beat {
  /** Unix milliseconds. */
  readonly at: number;
  readonly frames: number;
  /** Samples that came over the network: neither invented by the decoder nor silence instead of them. */
  readonly heard: number;
  readonly concealed: number;
  /** Width of the largest picture decoded, pixels. */
  readonly width: number;
}

/** Which way the media of a page takes. */
export interface Way {
  readonly at: number;
  /** Like `host udp 10.99.0.1:7882` or `relay tls 10.99.0.1:7882`. */
  readonly path: string;
}

/** Seconds without picture and without sound. */
export interface Gap {
  readonly picture_s: number;
  readonly sound_s: number;
}

interface Record {
  readonly beats: Beat[];
  readonly ways: Way[];
}

/** Runs before the page's own code, after `rememberPeers`: reads getStats of every peer connection each 100 ms. */
export function takePulse(): void {
  interface Sums {
    frames: number;
    samples: number;
    concealed: number;
    width: number;
  }
  type Stat = RTCInboundRtpStreamStats & RTCIceCandidatePairStats & RTCTransportStats & { [key: string]: unknown };
  const record: Record = { beats: [], ways: [] };
  Object.defineProperty(globalThis, "pulseOfTest", { value: record });
  const last = new Map<string, { frames: number; samples: number; concealed: number }>();

  const pathOf = (report: RTCStatsReport, transport: Stat): string | undefined => {
    const pair = report.get(transport.selectedCandidatePairId ?? "") as Stat | undefined;
    if (pair === undefined) return undefined;
    const local = report.get(pair.localCandidateId) as Stat;
    const remote = report.get(pair.remoteCandidateId) as Stat;
    return `${String(local["candidateType"])} ${String(local["relayProtocol"] ?? local["protocol"])} ${String(remote["address"])}:${String(remote["port"])}`;
  };

  const add = (id: string, stat: Stat, sums: Sums): void => {
    const before = last.get(id) ?? { frames: 0, samples: 0, concealed: 0 };
    const now = { frames: stat.framesDecoded ?? 0, samples: stat.totalSamplesReceived ?? 0, concealed: stat.concealedSamples ?? 0 };
    last.set(id, now);
    sums.frames += now.frames - before.frames;
    sums.samples += now.samples - before.samples;
    sums.concealed += now.concealed - before.concealed;
    if (now.frames > before.frames) sums.width = Math.max(sums.width, stat.frameWidth ?? 0);
  };

  const step = async (): Promise<void> => {
    const peers = (globalThis as unknown as { peersOfTest: RTCPeerConnection[] }).peersOfTest;
    const sums: Sums = { frames: 0, samples: 0, concealed: 0, width: 0 };
    for (const [index, peer] of peers.entries()) {
      if (peer.signalingState === "closed") continue;
      const report = await peer.getStats();
      report.forEach((stat: Stat) => {
        if (stat.type === "inbound-rtp") add(`${index} ${stat.id}`, stat, sums);
        const path = stat.type === "transport" ? pathOf(report, stat) : undefined;
        if (path !== undefined && path !== record.ways.at(-1)?.path) record.ways.push({ at: Date.now(), path });
      });
    }
    record.beats.push({ at: Date.now(), frames: sums.frames, heard: Math.max(0, sums.samples - sums.concealed), concealed: sums.concealed, width: sums.width });
  };
  const again = (): void => void step().finally(() => setTimeout(again, 100));
  again();
}

/** What was recorded in a page so far. */
export class Pulse {
  private constructor(readonly record: Record) {}

  static async of(page: Page): Promise<Pulse> {
    return new Pulse(await page.evaluate(() => (globalThis as unknown as { pulseOfTest: Record }).pulseOfTest));
  }

  /** The way at present. */
  get path(): string {
    return this.record.ways.at(-1)?.path ?? "none";
  }

  /** The ways taken after a moment. */
  pathsSince(since: number): readonly string[] {
    return this.record.ways.filter(({ at }) => at >= since).map(({ path }) => path);
  }

  /** The longest pauses that ended after a moment, or go on. */
  longestGap(since: number): Gap {
    return { picture_s: this.#pause(since, "frames"), sound_s: this.#pause(since, "heard") };
  }

  /** How long after a moment the first new picture and sound came. */
  firstAfter(since: number): Gap {
    const wait = (of: "frames" | "heard"): number => {
      const first = this.record.beats.find((beat) => beat.at > since && beat[of] > 0);
      return first === undefined ? Infinity : seconds(first.at - since);
    };
    return { picture_s: wait("frames"), sound_s: wait("heard") };
  }

  /** Whether pictures and sound flow again, and not only a last one: 20 pictures and half a second of sound. */
  flowsSince(since: number): boolean {
    const beats = this.record.beats.filter(({ at }) => at > since);
    const sum = (of: "frames" | "heard"): number => beats.reduce((total, beat) => total + beat[of], 0);
    return sum("frames") >= 20 && sum("heard") >= 24_000;
  }

  /** Pictures a second and the share of sound that was invented, since a moment. */
  quality(since: number): { readonly fps: number; readonly concealed_percent: number } {
    const beats = this.record.beats.filter(({ at }) => at >= since);
    const sum = (of: "frames" | "heard" | "concealed"): number => beats.reduce((total, beat) => total + beat[of], 0);
    const time = ((beats.at(-1)?.at ?? since) - since) / 1_000;
    const concealed = (100 * sum("concealed")) / Math.max(1, sum("concealed") + sum("heard"));
    return { fps: Math.round((10 * sum("frames")) / time) / 10, concealed_percent: Math.round(10 * concealed) / 10 };
  }

  /** The width of the last picture. */
  get width(): number {
    return this.record.beats.findLast(({ width }) => width > 0)?.width ?? 0;
  }

  /** When the picture first had a width that `fits`, after a moment, in seconds. */
  widthAfter(since: number, fits: (width: number) => boolean): number {
    const first = this.record.beats.find(({ at, width }) => at > since && width > 0 && fits(width));
    return first === undefined ? Infinity : seconds(first.at - since);
  }

  #pause(since: number, of: "frames" | "heard"): number {
    let previous: number | undefined;
    let longest = 0;
    for (const beat of this.record.beats) {
      if (beat[of] === 0) continue;
      if (previous !== undefined && beat.at > since) longest = Math.max(longest, beat.at - previous);
      previous = beat.at;
    }
    const now = this.record.beats.at(-1)?.at ?? since;
    return seconds(Math.max(longest, now - (previous ?? since)));
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
