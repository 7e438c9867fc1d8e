/**
 * Pause before the try number `attempt` (0 = first retry), in milliseconds: doubling from `base` to
 * `cap`, and a random half of it so that a restarted server is not met by everyone at once.
 */
export function backoff(attempt: number, base: number, cap: number, random: () => number = Math.random): number {
  const whole = Math.min(cap, base * 2 ** Math.min(attempt, 16));
  return whole / 2 + random() * (whole / 2);
}
