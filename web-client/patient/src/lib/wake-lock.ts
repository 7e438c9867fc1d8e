import { useEffect } from "react";

/** Keeps the screen on while shown: a phone that sleeps in a waiting room or a visit misses both. */
export function useWakeLock(): void {
  useEffect(() => {
    let held: WakeLockSentinel | undefined;
    let over = false;
    const hold = async (): Promise<void> => {
      if (document.visibilityState !== "visible") return;
      try {
        const lock = await navigator.wakeLock?.request("screen");
        if (over) await lock?.release();
        else held = lock;
      } catch {
        // Low battery or an old browser: the screen then sleeps as it always does.
      }
    };
    // The browser takes the lock away whenever the page is hidden.
    const again = (): void => void hold();
    document.addEventListener("visibilitychange", again);
    void hold();
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", again);
      void held?.release();
    };
  }, []);
}
