import { useNetwork } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { keys } from "@shared/api/queries";
import { createChat, keepAwake } from "@shared/chat/browser";
import type { ChatConnection } from "@shared/chat/chat";
import type { ConversationView } from "@shared/chat/conversation";
import { Refresher } from "@shared/lib/refresher";
import { useReadable } from "@shared/lib/use-readable";
import { useAccount } from "./session";

const ChatContext = createContext<ChatConnection | undefined>(undefined);

/**
 * One socket for the whole app. Each push of the waiting room, and each reconnect (pushes may have
 * been missed), reads the visits again; nothing is ever read by timer.
 */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const account = useAccount();
  const cache = useQueryClient();
  const [chat] = useState(() => createChat(account.id));
  useEffect(() => keepAwake(chat), [chat]);
  useEffect(() => {
    const refresher = new Refresher(() => cache.invalidateQueries({ queryKey: keys.visits }));
    const stopEvents = chat.onEvent((event) => {
      if (event.body.kind === "waiting_room" || event.body.kind === "people") refresher.request();
    });
    const stopOnline = chat.onOnline(() => refresher.request());
    return () => {
      stopEvents();
      stopOnline();
    };
  }, [chat, cache]);
  const status = useReadable(chat.status);
  useEffect(() => {
    // The socket found the session over first; asking for it brings the sign-in screen.
    if (status === "signed_out") void cache.invalidateQueries({ queryKey: keys.session });
  }, [status, cache]);
  return <ChatContext value={chat}>{children}</ChatContext>;
}

export function useChat(): ChatConnection {
  const chat = useContext(ChatContext);
  if (chat === undefined) throw new Error("useChat is used outside LiveProvider");
  return chat;
}

/** Whether pushes arrive now. */
export type LiveStatus = "live" | "reconnecting" | "offline";

export function useLiveStatus(): LiveStatus {
  const status = useReadable(useChat().status);
  const { online } = useNetwork();
  if (status === "online") return "live";
  return online ? "reconnecting" : "offline";
}

/** A conversation kept current while the calling view is shown. */
export function useConversation(conv: string): ConversationView {
  const chat = useChat();
  useEffect(() => chat.open(conv), [chat, conv]);
  return useReadable(chat.conversation(conv));
}
