import { MicOff, UserRound, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import type { CallView } from "@shared/rtc/call";
import type { Member } from "@shared/rtc/members";
import { initials } from "../../ui/person";
import { PictureView } from "./picture-view";

interface Props {
  view: CallView;
  /** The clinician's name, for the time before anybody is here. */
  doctor: string;
}

/** The large picture, and small ones of everybody else. */
export function Stage({ view, doctor }: Props): ReactNode {
  const { stage, beside } = view.layout;
  return (
    <div className="stage">
      {stage.kind === "alone" && <Alone connected={view.phase.name === "connected"} doctor={doctor} />}
      {stage.kind === "person" && <MemberTile member={stage.of} large />}
      {stage.kind === "screen" && (
        <figure className="tile tile-large">
          <PictureView picture={stage.picture} label={`Screen of ${stage.of.name}`} fit="contain" />
          <figcaption>Screen of {stage.of.name}</figcaption>
        </figure>
      )}
      {beside.length > 0 && (
        <div className="stage-beside">
          {beside.map((member) => (
            <MemberTile key={member.identity} member={member} />
          ))}
        </div>
      )}
    </div>
  );
}

function MemberTile({ member, large = false }: { member: Member; large?: boolean }): ReactNode {
  const { name } = member;
  return (
    <figure className={large ? "tile tile-large" : "tile"} data-speaking={member.speaking || undefined}>
      {member.camera === undefined ? (
        <div className="tile-blank">
          <span aria-hidden="true">{initials(name)}</span>
          {large && <p>{name} has no camera on. You can hear each other.</p>}
        </div>
      ) : (
        <PictureView picture={member.camera} label={`Picture of ${name}`} fit="cover" />
      )}
      <figcaption>
        {!member.microphoneOn && <MicOff aria-label="Microphone off" role="img" size={16} />}
        {(member.quality === "poor" || member.quality === "lost") && (
          <WifiOff aria-label="Weak connection" role="img" size={16} />
        )}
        <span className="tile-name">{name}</span>
      </figcaption>
    </figure>
  );
}

function Alone({ connected, doctor }: { connected: boolean; doctor: string }): ReactNode {
  return (
    <div className="alone">
      {connected ? <UserRound aria-hidden="true" size={48} /> : <span className="spinner" aria-hidden="true" />}
      <p className="alone-title">{connected ? `${doctor} joins in a moment` : "Joining your visit…"}</p>
      {connected && <p>You are in the right place. Stay on this page.</p>}
    </div>
  );
}
