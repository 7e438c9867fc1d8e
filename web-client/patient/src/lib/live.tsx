import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { keys } from "@shared/api/queries";
import { createChat, keepAwake } from "@shared/chat/browser";
import type { ChatConnection } from "@shared/chat/chat";
import type { ChatStatus } from "@shared/chat/socket";
import { Refresher } from "@shared/lib/refresher";
import { useReadable } from "@shared/lib/use-readable";

const Live = createContext<ChatConnection | undefined>(undefined);

/**
 * The live connection of one account. Whatever it pushes about visits makes their reads fresh, and
 * so does every reconnect, because a push may have been missed.
 */
export function LiveProvider({ account, children }: { account: string; children: ReactNode }): ReactNode {
  const client = useQueryClient();
  const [chat] = useState(() => createChat(account));
  useEffect(() => {
    const refresher = new Refresher(() => client.invalidateQueries({ queryKey: keys.visits }));
    const refresh = (): void => refresher.request();
    const stops = [
      chat.onEvent((event) => {
        if (event.body.kind !== "message") refresh();
      }),
      chat.onOnline(refresh),
      keepAwake(chat),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [chat, client]);
  return <Live value={chat}>{children}</Live>;
}

/** The signed-in person's live connection. */
export function useLive(): ChatConnection {
  const chat = useContext(Live);
  if (chat === undefined) throw new Error("useLive outside LiveProvider");
  return chat;
}

/** How the live connection stands. */
export const useLiveStatus = (): ChatStatus => useReadable(useLive().status);
