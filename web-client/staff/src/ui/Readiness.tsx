import { Camera, CameraOff, FileCheck, FileWarning, type LucideIcon, Mic, MicOff, Wifi, WifiOff } from "lucide-react";
import type { Visit } from "@shared/api/types";
import styles from "./Readiness.module.css";

interface Flag {
  readonly name: string;
  readonly good: boolean;
  readonly icon: LucideIcon;
  readonly text: string;
}

type Outcome = NonNullable<Visit["device_check"]>["camera"];

const OUTCOME: Record<Outcome, string> = { ok: "works", failed: "failed", skipped: "not tested" };

/** What the clinician should know before admitting: devices and consent, each as icon and words. */
export function readinessFlags(visit: Pick<Visit, "device_check" | "consent_telehealth">): readonly Flag[] {
  const check = visit.device_check;
  const device = (name: string, outcome: Outcome | undefined, good: LucideIcon, bad: LucideIcon): Flag => ({
    name,
    good: outcome === "ok",
    icon: outcome === "ok" ? good : bad,
    text: `${name} ${outcome === undefined ? "not tested" : OUTCOME[outcome]}`,
  });
  return [
    device("Camera", check?.camera, Camera, CameraOff),
    device("Microphone", check?.microphone, Mic, MicOff),
    device("Network", check?.network, Wifi, WifiOff),
    {
      name: "Consent",
      good: visit.consent_telehealth,
      icon: visit.consent_telehealth ? FileCheck : FileWarning,
      text: visit.consent_telehealth ? "Consent given" : "Consent missing",
    },
  ];
}

/** One quiet line when all is well; every problem named when not. */
export function Readiness({ visit }: { readonly visit: Pick<Visit, "device_check" | "consent_telehealth"> }) {
  const flags = readinessFlags(visit);
  return (
    <ul className={styles["flags"]} aria-label="Before the visit">
      {flags.map(({ name, good, icon: Icon, text }) => (
        <li key={name} className={styles["flag"]} data-good={good}>
          <Icon size={14} aria-hidden />
          {text}
        </li>
      ))}
    </ul>
  );
}
