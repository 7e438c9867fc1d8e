/** Loudness of a microphone: 0 is silence, 1 is as loud as it gets. */
export type LevelListener = (level: number) => void;

/** Measures `stream` about 16 times a second until the returned function is called. */
export type LevelMeter = (stream: MediaStream, listener: LevelListener) => () => void;

const INTERVAL_MS = 60;
/** Quieter than this counts as silence, in decibels below full scale. */
const FLOOR_DB = -60;

/** The level of one block of samples (−1 … 1), on a decibel scale from −60 dBFS to 0 dBFS. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms === 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}

/** A meter on Web Audio. Nothing is played back and nothing leaves the page. */
export const webAudioMeter: LevelMeter = (stream, listener) => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  const source = context.createMediaStreamSource(stream);
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    listener(levelOf(samples));
  }, INTERVAL_MS);
  // Autoplay rules may hold a context back until a tap; the check always begins with one.
  void context.resume();
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
  };
};
