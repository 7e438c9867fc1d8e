import { BellRing, BookOpen, PlugZap, RefreshCw, WifiOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Visit } from "@shared/api/types";
import { chime } from "../../lib/chime";
import { sentence, timeOfDay } from "../../lib/format";
import { useOnline } from "../../lib/hooks";
import { useLiveStatus } from "../../lib/live";
import { useWakeLock } from "../../lib/wake-lock";
import { Button } from "../../ui/button";
import { InvitedPeople } from "../../ui/invited-people";
import { Notice } from "../../ui/notice";
import { Person } from "../../ui/person";
import { Screen } from "../../ui/screen";
import { placeOf } from "./place";
import "./waiting.css";

/** Checked in: the place in the line, kept current by push. */
export function Waiting({ visit, children }: { visit: Visit; children?: ReactNode }): ReactNode {
  const place = placeOf(visit.queue);
  useWakeLock();
  return (
    <Screen
      title="You are checked in"
      tabTitle={`${place.headline} – waiting for ${visit.clinician.display_name}`}
      actions={<SoundTest />}
    >
      {children}
      <div className="waiting-place" role="status">
        <p className="waiting-headline numbers">{place.headline}</p>
        <p className="waiting-estimate numbers">{place.estimate}</p>
      </div>
      <Connection />
      <Person name={visit.clinician.display_name} detail="lets you in here and sees that you are waiting" />
      <InvitedPeople visitId={visit.id} />
      <section className="section" aria-labelledby="meanwhile">
        <h2 id="meanwhile">While you wait</h2>
        <ul className="list">
          <li>
            <BellRing aria-hidden="true" size={22} />
            <span>Keep this page open. When it is your turn, a sound plays and a “Join visit” button appears.</span>
          </li>
          <li>
            <RefreshCw aria-hidden="true" size={22} />
            <span>Your place is kept if you reload, lose the connection or open this visit on another device.</span>
          </li>
          <li>
            <PlugZap aria-hidden="true" size={22} />
            <span>Plug your device in and turn the volume up.</span>
          </li>
          <li>
            <BookOpen aria-hidden="true" size={22} />
            <span>Think of what you most want to ask today.</span>
          </li>
        </ul>
        {visit.checked_in_at !== null && (
          <p className="soft numbers">
            {sentence(`Checked in at ${timeOfDay(visit.checked_in_at)}`)} If you feel much worse while waiting, call your local emergency number.
          </p>
        )}
      </section>
    </Screen>
  );
}

function Connection(): ReactNode {
  const status = useLiveStatus();
  const online = useOnline();
  if (status === "online") {
    return (
      <p className="waiting-live">
        <span className="waiting-dot" aria-hidden="true" />
        Connected to your clinic
      </p>
    );
  }
  return (
    <div role="status">
      {online && status === "connecting" ? (
        <p className="waiting-live soft">Connecting to your clinic…</p>
      ) : (
        <div className="notice notice-waiting">
          <WifiOff aria-hidden="true" size={22} />
          <div>
            <p className="notice-title">The connection is interrupted</p>
            <p>Your place is kept. We reconnect by ourselves as soon as we can.</p>
          </div>
        </div>
      )}
    </div>
  );
}

/** One tap proves that the bell will be heard; browsers also want a tap before any sound. */
function SoundTest(): ReactNode {
  const [played, setPlayed] = useState(false);
  const play = (): void => {
    void chime.play();
    setPlayed(true);
  };
  return (
    <>
      <Button kind="second" icon={<BellRing aria-hidden="true" size={22} />} onClick={play}>
        Test the sound
      </Button>
      <p className="actions-why" role="status">
        {played ? "Heard two notes? If not, turn the volume up." : "This is what you will hear when it is your turn."}
      </p>
    </>
  );
}

/** Said on the waiting screen to somebody who had been in the visit already. */
export function SentBack({ clinician }: { clinician: string }): ReactNode {
  return (
    <Notice tone="info" title="Back in the waiting room">
      {clinician} asked you to wait a moment. You will be let in again here.
    </Notice>
  );
}
