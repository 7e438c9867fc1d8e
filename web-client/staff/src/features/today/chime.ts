/** Two soft rising notes, made here so that no sound file has to load before it is needed. */
const NOTES = [
  { hertz: 587.33, at: 0 },
  { hertz: 880, at: 0.16 },
] as const;
const LOUDNESS = 0.12;
const FADE_SECONDS = 0.5;

/** Rings when somebody checks in. A browser that allows no sound before a click stays silent until then. */
export class Chime {
  #context: AudioContext | undefined;

  /** Call it from a click: browsers start sound only then. */
  unlock(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  ring(): void {
    this.#context ??= new AudioContext();
    const context = this.#context;
    if (context.state !== "running") return;
    for (const { hertz, at } of NOTES) {
      const start = context.currentTime + at;
      const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.001, start + FADE_SECONDS);
      tone.connect(gain).connect(context.destination);
      tone.start(start);
      tone.stop(start + FADE_SECONDS);
    }
  }

  dispose(): void {
    void this.#context?.close();
    this.#context = undefined;
  }
}
