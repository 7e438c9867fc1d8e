/** What the way to the server can carry. */
export interface NetworkResult {
  readonly verdict: "good" | "slow" | "failed";
  /** Median time there and back, in milliseconds; null when no answer came. */
  readonly roundTripMs: number | null;
  /** Whether the live connection (WebSocket) gets through. */
  readonly live: boolean;
}

/** The two probes the check is made of; both must end by themselves. */
export interface NetworkProbes {
  /** One round trip, in milliseconds. */
  readonly roundTrip: () => Promise<number>;
  /** Opens and closes the live connection. */
  readonly openLive: () => Promise<void>;
}

const TRIPS = 5;
/** Above this median a conversation has noticeable pauses. */
const SLOW_MS = 400;

/** Five round trips, one after another, and the live connection. Never throws. */
export async function checkNetwork(probes: NetworkProbes): Promise<NetworkResult> {
  const times: number[] = [];
  let misses = 0;
  for (let trip = 0; trip < TRIPS && misses < 2; trip += 1) {
    try {
      times.push(await probes.roundTrip());
    } catch {
      misses += 1;
    }
  }
  let live = true;
  try {
    await probes.openLive();
  } catch {
    live = false;
  }
  const sorted = times.sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? null;
  if (median === null || misses >= 2 || !live) return { verdict: "failed", roundTripMs: median, live };
  return { verdict: median > SLOW_MS || misses > 0 ? "slow" : "good", roundTripMs: median, live };
}

const PROBE_LIMIT_MS = 5_000;

/** Probes against the server this page came from. */
export function browserProbes(origin: string): NetworkProbes {
  return {
    roundTrip: async () => {
      const from = performance.now();
      const answer = await fetch(`${origin}/healthz`, { cache: "no-store", signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
      if (!answer.ok) throw new Error(`health check answered ${answer.status}`);
      await answer.arrayBuffer();
      return performance.now() - from;
    },
    openLive: () =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/chat/ws`, "bedside.v1");
        const timer = setTimeout(() => {
          socket.close();
          reject(new Error("live connection timed out"));
        }, PROBE_LIMIT_MS);
        socket.addEventListener("open", () => {
          clearTimeout(timer);
          socket.close(1000);
          resolve();
        });
        socket.addEventListener("error", () => {
          clearTimeout(timer);
          reject(new Error("live connection refused"));
        });
      }),
  };
}
