import { type ReactNode, useEffect } from "react";
import { askTicket } from "@shared/api/join";
import type { Visit } from "@shared/api/types";
import { type Call, type CallView, startCall } from "@shared/rtc/call";
import { namesOf } from "@shared/rtc/names";
import type { EndReason, Ticket } from "@shared/rtc/connection";
import type { PreferredDevices } from "@shared/rtc/room";
import { useOwned } from "@shared/lib/use-owned";
import { useReadable } from "@shared/lib/use-readable";
import { useMedia, useTitle } from "../../lib/hooks";
import { useWakeLock } from "../../lib/wake-lock";
import { Loading } from "../../ui/trouble";
import { CallNotice } from "./call-notice";
import { ChatPanel } from "./chat-panel";
import { ChatSheet } from "./chat-sheet";
import { Controls } from "./controls";
import { SelfView } from "./self-view";
import { Stage } from "./stage";
import { useChatPanel } from "./use-chat-panel";
import "./call.css";
import "./chat.css";

interface Props {
  visit: Visit;
  /** The first ticket, asked for already. */
  ticket: Promise<Ticket>;
  devices: PreferredDevices;
  onEnded: (why: EndReason) => void;
  /** Begins the call; a harness hands in one without a server. */
  begin?: (visit: Visit, devices: PreferredDevices, first: Promise<Ticket>) => Call;
}

/** Joins with the ticket at hand, and again with new ones; the server decides each time anew. */
function joinVisit(visit: Visit, devices: PreferredDevices, first: Promise<Ticket>): Call {
  let next: Promise<Ticket> | undefined = first;
  const ticket = (): Promise<Ticket> => {
    const taken = next ?? askTicket(visit.id);
    next = undefined;
    return taken;
  };
  return startCall({ devices, ticket, names: namesOf(visit) });
}

/** The visit itself: the other person first, controls below, chat beside or as a sheet. */
export function CallScreen({ visit, ticket, devices, onEnded, begin = joinVisit }: Props): ReactNode {
  const call = useOwned(() => begin(visit, devices, ticket));
  useWakeLock();
  useTitle(`In your visit with ${visit.clinician.display_name}`);
  if (call === undefined) return <Loading what="Joining your visit…" />;
  return <InCall call={call} visit={visit} onEnded={onEnded} />;
}

/** Wide enough for the chat beside the picture. */
const WIDE = "(min-width: 960px)";

function InCall({ call, visit, onEnded }: { call: Call; visit: Visit; onEnded: (why: EndReason) => void }): ReactNode {
  const view = useReadable(call.view);
  const wide = useMedia(WIDE);
  const chat = useChatPanel(visit, wide);
  const { phase } = view;
  useEffect(() => {
    if (phase.name === "ended") onEnded(phase.why);
  }, [phase, onEnded]);
  return (
    <div className="call" data-chat={(chat.open && wide) || undefined}>
      <h1 className="visually-hidden">Your visit with {visit.clinician.display_name}</h1>
      <div className="call-main">
        <Announcer view={view} doctor={visit.clinician.display_name} />
        <CallNotice notice={view.notice} hear={view.actions.hear} />
        <div className="call-area">
          <Stage view={view} doctor={visit.clinician.display_name} />
          {view.layout.selfPlace === "corner" && <SelfView picture={view.layout.self} local={view.local} />}
        </div>
        <Controls view={view} chatOpen={chat.open} unread={chat.unread} onChat={chat.toggle} />
      </div>
      {chat.open && wide && (
        <aside className="call-chat" aria-label="Chat">
          <ChatPanel visit={visit} onClose={chat.toggle} />
        </aside>
      )}
      {!wide && (
        <ChatSheet open={chat.open} onClose={chat.toggle}>
          <ChatPanel visit={visit} onClose={chat.toggle} />
        </ChatSheet>
      )}
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
