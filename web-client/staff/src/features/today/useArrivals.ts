import { useLocalStorage } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import type { Visit } from "@shared/api/types";
import { announce, arrivalsBetween } from "./arrivals";
import { Chime } from "./chime";

/** Watches the day for arrivals: what to announce, and whether the chime is on (kept per browser). */
export function useArrivals(visits: readonly Visit[] | undefined) {
  const [announcement, setAnnouncement] = useState("");
  const [sound, setSound] = useLocalStorage({ key: "bedside.arrival-sound", defaultValue: true, getInitialValueInEffect: false });
  const chime = useRef<Chime | undefined>(undefined);
  const before = useRef<readonly Visit[] | undefined>(undefined);

  useEffect(() => {
    const made = new Chime();
    chime.current = made;
    // Any first click or key on the page allows sound from then on.
    const unlock = (): void => made.unlock();
    addEventListener("pointerdown", unlock, { once: true });
    addEventListener("keydown", unlock, { once: true });
    return () => {
      removeEventListener("pointerdown", unlock);
      removeEventListener("keydown", unlock);
      made.dispose();
    };
  }, []);

  useEffect(() => {
    if (visits === undefined) return;
    const arrived = arrivalsBetween(before.current, visits);
    before.current = visits;
    if (arrived.length === 0) return;
    setAnnouncement(announce(arrived));
    if (sound) chime.current?.ring();
  }, [visits, sound]);

  const toggleSound = (): void => {
    chime.current?.unlock();
    if (!sound) chime.current?.ring();
    setSound(!sound);
  };
  return { announcement, sound, toggleSound };
}
