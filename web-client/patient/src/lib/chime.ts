/** A bell asked for longer ago than this has missed its moment, in milliseconds. */
const LATE_MS = 500;

/** Two soft rising notes, when a clinician is ready. */
export class Chime {
  #context: AudioContext | undefined;

  /** Prepares the sound; call it from a tap. */
  unlock(): void {
    void this.#resume();
  }

  /** Plays; silent when the browser wants a tap first. */
  async play(): Promise<void> {
    const asked = performance.now();
    const context = await this.#resume();
    if (context !== undefined && performance.now() - asked < LATE_MS) ring(context);
  }

  async #resume(): Promise<AudioContext | undefined> {
    if (typeof AudioContext === "undefined") return undefined;
    const context = (this.#context ??= new AudioContext());
    await context.resume();
    return context;
  }
}

function ring(context: AudioContext): void {
  for (const [at, frequency] of [[0, 523.25], [0.22, 659.25]] as const) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const start = context.currentTime + at;
    tone.frequency.value = frequency;
    // A quick rise and a long fall sound like a bell; a plain switch would click.
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.22, start + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 1.1);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 1.2);
  }
}

/** The page's one bell: the tap that unlocks it and the push that rings it are on different screens. */
export const chime = new Chime();
