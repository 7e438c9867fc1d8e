import type { Page } from "@playwright/test";

/** Runs before the page's own code and remembers every peer connection it makes. */
export function rememberPeers(): void {
  const all: RTCPeerConnection[] = [];
  Object.defineProperty(globalThis, "peersOfTest", { value: all });
  globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct(target, args: ConstructorParameters<typeof RTCPeerConnection>) {
      const peer = new target(...args);
      all.push(peer);
      return peer;
    },
  });
}

/** What this page has received so far over its living peer connections. */
export interface Received {
  /** Frames decoded of all video tracks. */
  readonly frames: number;
  /** Widths of the video tracks that were decoded. */
  readonly videoTracks: number;
  readonly audioBytes: number;
  readonly audioSamples: number;
  /** Above 0 only when something could be heard (W3C webrtc-stats, totalAudioEnergy). */
  readonly audioEnergy: number;
}

/** Reads getStats of every living peer connection of the page. */
export function received(page: Page): Promise<Received> {
  return page.evaluate(async () => {
    const peers = (globalThis as unknown as { peersOfTest: RTCPeerConnection[] }).peersOfTest;
    const sum = { frames: 0, videoTracks: 0, audioBytes: 0, audioSamples: 0, audioEnergy: 0 };
    for (const peer of peers.filter((one) => one.connectionState === "connected")) {
      const report = await peer.getStats();
      report.forEach((stat: RTCInboundRtpStreamStats) => {
        if (stat.type !== "inbound-rtp") return;
        if (stat.kind === "video") {
          sum.frames += stat.framesDecoded ?? 0;
          sum.videoTracks += (stat.framesDecoded ?? 0) > 0 ? 1 : 0;
        } else {
          sum.audioBytes += stat.bytesReceived ?? 0;
          sum.audioSamples += stat.totalSamplesReceived ?? 0;
          sum.audioEnergy += stat.totalAudioEnergy ?? 0;
        }
      });
    }
    return sum;
  });
}
