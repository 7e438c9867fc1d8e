import { type ReactNode, useEffect } from "react";
import { askTicket } from "@shared/api/join";
import { askNames } from "@shared/api/people";
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
import { CallFrame } from "./call-frame";
import { ChatPanel } from "./chat-panel";
import { ChatSheet } from "./chat-sheet";
import { useChatPanel } from "./use-chat-panel";
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
  return startCall({ devices, ticket, names: namesOf(visit), askNames: () => askNames(visit.id) });
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
  const { phase }: CallView = view;
  useEffect(() => {
    if (phase.name === "ended") onEnded(phase.why);
  }, [phase, onEnded]);
  return (
    <CallFrame view={view} doctor={visit.clinician.display_name} chat={chat} beside={chat.open && wide}>
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
    </CallFrame>
  );
}
