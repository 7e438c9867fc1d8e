import { UserRoundMinus, UserRoundPlus } from "lucide-react";
import type { ReactNode } from "react";
import type { CallView } from "@shared/rtc/call";
import { CallNotice } from "./call-notice";
import { type ChatButton, Controls } from "./controls";
import { SelfView } from "./self-view";
import { Stage } from "./stage";
import "./call.css";

interface Props {
  view: CallView;
  /** Whose visit it is. */
  doctor: string;
  /** Guests have no chat. */
  chat?: ChatButton;
  /** Something stands beside the picture. */
  beside?: boolean;
  children?: ReactNode;
}

/** The people, what is worth telling, and the controls below. */
export function CallFrame({ view, doctor, chat, beside = false, children }: Props): ReactNode {
  return (
    <div className="call" data-chat={beside || undefined}>
      <h1 className="visually-hidden">Your visit with {doctor}</h1>
      <div className="call-main">
        <div className="call-top">
          <Announcer view={view} doctor={doctor} />
          <CallNotice notice={view.notice} hear={view.actions.hear} />
          <Announcements view={view} />
        </div>
        <div className="call-area">
          <Stage view={view} doctor={doctor} />
          {view.layout.selfPlace === "corner" && <SelfView picture={view.layout.self} local={view.local} />}
        </div>
        <Controls view={view} chat={chat} />
      </div>
      {children}
    </div>
  );
}

/** Says aloud what the eye sees: connection, arrival, departure. */
function Announcer({ view, doctor }: { view: CallView; doctor: string }): ReactNode {
  const { phase, members } = view;
  const here = members.length > 0;
  const text = phase.name !== "connected" ? "" : here ? `${doctor} is in the visit.` : `Waiting for ${doctor}.`;
  return (
    <p className="visually-hidden" role="status">
      {text}
    </p>
  );
}

/** Who came and went, above the picture and never over a face. */
function Announcements({ view }: { view: CallView }): ReactNode {
  return (
    <div role="log" aria-label="Who comes and goes" className="announcements">
      {view.announcements.map(({ key, text }) => (
        <p key={key} className="announcement">
          {text.endsWith(" left") ? <UserRoundMinus aria-hidden="true" size={20} /> : <UserRoundPlus aria-hidden="true" size={20} />}
          {text}
        </p>
      ))}
    </div>
  );
}
