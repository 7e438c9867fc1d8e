import { type Readable, Store } from "@shared/lib/store";

/** What a picture has shown so far. */
export interface Sample {
  /** Frames decoded since its beginning. */
  readonly frames: number;
  /** Lines of the last frame. */
  readonly height: number;
  /** Device pixels of its place on the page, upright. */
  readonly shown: number;
}

/** Something whose smoothness can be watched. */
export interface Source {
  readonly id: string;
  readonly sample: () => Promise<Sample | undefined>;
}

const PERIOD_MS = 2_000;
/** Fewer pictures than this share of what it had is noticed. */
const FEWER = 0.65;
/** Above this many a second nobody sees a difference. */
const SMOOTH = 20;
/** Seen this often in a row before it is told, and before its end is. */
const RIPE = { fewer: 2, smooth: 3 };

interface Watched {
  frames: number;
  best: number;
  fewer: number;
  smooth: number;
}

/**
 * Tells whose pictures come fewer than before although they are small for their place: the network
 * gave up pictures to keep the sound. A camera that is slow by itself (in the dark) keeps its size,
 * and is not told of. Owns one timer while there is something to watch; {@link dispose} ends it.
 */
export class Smoothness {
  readonly #jerky = new Store<ReadonlySet<string>>(new Set());
  #sources: readonly Source[] = [];
  readonly #watched = new Map<string, Watched>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Ids of the pictures that move less now. */
  get jerky(): Readable<ReadonlySet<string>> {
    return this.#jerky;
  }

  /** Watches these from now on, and no others. */
  watch(sources: readonly Source[]): void {
    this.#sources = sources;
    const ids = new Set(sources.map(({ id }) => id));
    for (const id of this.#watched.keys()) if (!ids.has(id)) this.#watched.delete(id);
    this.#tell();
    if (sources.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setInterval(() => void this.#look(), PERIOD_MS);
  }

  dispose(): void {
    this.watch([]);
  }

  async #look(): Promise<void> {
    const sources = this.#sources;
    const samples = await Promise.all(sources.map(async ({ id, sample }) => ({ id, sample: await sample().catch(() => undefined) })));
    if (sources !== this.#sources) return;
    for (const { id, sample } of samples) if (sample !== undefined) this.#judge(id, sample);
    this.#tell();
  }

  #judge(id: string, { frames, height, shown }: Sample): void {
    const known = this.#watched.get(id);
    if (known === undefined || frames < known.frames) {
      this.#watched.set(id, { frames, best: 0, fewer: 0, smooth: 0 });
      return;
    }
    const rate = ((frames - known.frames) * 1_000) / PERIOD_MS;
    known.frames = frames;
    // A picture that stands still is paused, and told of as such.
    if (rate === 0) return;
    const small = height < Math.min(shown, 360) * 0.75;
    const fewer = small && rate < SMOOTH && rate < known.best * FEWER;
    known.best = Math.max(known.best, rate);
    known.fewer = fewer ? known.fewer + 1 : known.smooth + 1 >= RIPE.smooth ? 0 : known.fewer;
    known.smooth = fewer ? 0 : known.smooth + 1;
  }

  #tell(): void {
    const jerky = [...this.#watched].filter(([, { fewer }]) => fewer >= RIPE.fewer).map(([id]) => id);
    const before = this.#jerky.get();
    if (jerky.length !== before.size || jerky.some((id) => !before.has(id))) this.#jerky.set(new Set(jerky));
  }
}
