import { useEffect, useState } from "react";
import type { Visit } from "@shared/api/types";
import { useReadable } from "@shared/lib/use-readable";
import { useLive } from "../../lib/live";

export interface ChatPanelState {
  readonly open: boolean;
  /** Messages of others not seen yet. */
  readonly unread: number;
  readonly toggle: () => void;
}

/** Whether the chat is shown, and how much waits unseen while it is not. */
export function useChatPanel(visit: Visit, openAtFirst: boolean): ChatPanelState {
  const live = useLive();
  const conv = visit.conversation_id;
  const { messages, loaded } = useReadable(live.conversation(conv));
  const [open, setOpen] = useState(openAtFirst);
  const [seen, setSeen] = useState<number>();
  const last = messages.reduce((highest, message) => Math.max(highest, message.seq ?? 0), 0);

  // The conversation stays current while the panel is closed, or nothing could be counted.
  useEffect(() => live.open(conv), [live, conv]);
  // What is shown has been seen, and what was there before the call began is not news.
  if ((open || (loaded && seen === undefined)) && seen !== last) setSeen(last);
  useEffect(() => {
    if (open && last > 0) live.markRead(conv);
  }, [open, last, live, conv]);

  const from = seen ?? last;
  const unread = open ? 0 : messages.filter((one) => (one.seq ?? 0) > from && one.sender !== visit.patient.account_id).length;
  return { open, unread, toggle: () => setOpen(!open) };
}
