import type { Visit } from "@shared/api/types";
import type { ConversationView, Message } from "@shared/chat/conversation";
import type { SendResult } from "@shared/chat/chat";

/** A message with everything a view shows of it. */
export interface Line {
  readonly message: Message;
  readonly own: boolean;
  readonly name: string;
  /** The other side has read it; told only under the newest own message that was read. */
  readonly seen: boolean;
}

/** The name of a party of the visit; undefined for everybody else. */
function partyName(visit: Visit, account: string): string | undefined {
  if (account === visit.patient.account_id) return visit.patient.display_name;
  return account === visit.clinician.account_id ? visit.clinician.display_name : undefined;
}

/** The conversation of a visit in lines. */
export function linesOf(view: ConversationView, visit: Visit, me: string): readonly Line[] {
  const othersRead = Math.max(0, ...Object.entries(view.reads).map(([account, seq]) => (account === me ? 0 : seq)));
  const lastSeen = view.messages.findLast((one) => one.sender === me && one.seq !== undefined && one.seq <= othersRead);
  return view.messages.map((message) => ({
    message,
    own: message.sender === me,
    name: message.sender === me ? "You" : (partyName(visit, message.sender) ?? "Somebody else"),
    seen: message === lastSeen,
  }));
}

/** What to say when a message was not taken; undefined when it was. */
export function describeSend(result: SendResult): string | undefined {
  switch (result) {
    case "queued":
    case "empty":
      return undefined;
    case "too_long":
      return "This message is too long. Send it in parts.";
    case "full":
      return "Too many messages are waiting for the connection. Wait until it is back.";
    case "closed":
      return "The visit has ended; no more messages are taken.";
  }
}

/** How many messages of others came after sequence `seen`. */
export function unseenOf(messages: readonly Message[], me: string, seen: number): number {
  return messages.filter((message) => message.sender !== me && message.seq !== undefined && message.seq > seen).length;
}
