import { useEffect, useState } from "react";

/** How often shown waits and clocks are looked at again, in milliseconds. */
export const TICK_MS = 1_000;

/**
 * Milliseconds since the epoch, renewed every {@link TICK_MS} and at once when the tab comes back
 * (browsers slow timers of hidden tabs down).
 */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const look = (): void => setNow(Date.now());
    const timer = setInterval(look, TICK_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return now;
}
