import { Signal, SignalLow } from "lucide-react";
import type { Visit } from "@shared/api/types";
import styles from "./MediaNote.module.css";

const PARTY: Record<Visit["media"][number]["party"], string> = { patient: "Patient", clinician: "Clinician" };

/** How the call went for each party, in the server's own plain sentence. Nothing until the visit is over. */
export function MediaNote({ media }: { readonly media: Visit["media"] }) {
  if (media.length === 0) return null;
  return (
    <ul className={styles["note"]} aria-label="How the call went">
      {media.map((of) => {
        const whole = of.audio_intact_permille === 1000 && (of.video_paused_seconds ?? 0) === 0 && of.connection_losses === 0;
        const Icon = whole ? Signal : SignalLow;
        return (
          <li key={of.party} className={styles["line"]}>
            <Icon size={14} aria-hidden />
            <span>
              <b>{PARTY[of.party]}:</b> {of.sentence}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
