import { SendHorizontal, X } from "lucide-react";
import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { Visit } from "@shared/api/types";
import type { SendResult } from "@shared/chat/chat";
import type { Message } from "@shared/chat/conversation";
import { useDraft } from "@shared/drafts/use-draft";
import { useReadable } from "@shared/lib/use-readable";
import { timeOfDay } from "../../lib/format";
import { useLive, useLiveStatus } from "../../lib/live";

const REFUSED: Readonly<Partial<Record<SendResult, string>>> = {
  too_long: "This message is too long. Please send it in parts.",
  full: "Too many messages are waiting for the connection. Please wait a moment.",
  closed: "The visit has ended; no more messages can be sent.",
};

/** The conversation of the visit. */
export function ChatPanel({ visit, onClose }: { visit: Visit; onClose: () => void }): ReactNode {
  const live = useLive();
  const status = useLiveStatus();
  const conv = visit.conversation_id;
  const { messages, closed, typing } = useReadable(live.conversation(conv));
  const doctor = visit.clinician.display_name;
  return (
    <div className="chat">
      <div className="dialog-head">
        <h2>Chat with {doctor}</h2>
        <button type="button" className="icon-button" aria-label="Close chat" onClick={onClose}>
          <X aria-hidden="true" size={22} />
        </button>
      </div>
      <MessageList messages={messages} me={visit.patient.account_id ?? ""} doctor={doctor} onRetry={(key) => live.retry(conv, key)} />
      <p className="chat-status" role="status">
        {status !== "online" && "No connection. Messages are sent as soon as it is back."}
        {status === "online" && typing.length > 0 && `${doctor} is writing…`}
      </p>
      {closed ? (
        <p className="chat-closed">This conversation is closed.</p>
      ) : (
        <Composer key={conv} conv={conv} send={(text) => live.send(conv, text)} onTyping={() => live.typing(conv)} />
      )}
    </div>
  );
}

interface ListProps {
  messages: readonly Message[];
  me: string;
  doctor: string;
  onRetry: (key: string) => void;
}

function MessageList({ messages, me, doctor, onRetry }: ListProps): ReactNode {
  const end = useRef<HTMLDivElement>(null);
  const count = messages.length;
  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: "end" });
  }, [count]);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div className="chat-list" role="log" aria-label="Messages" tabIndex={0}>
      {messages.length === 0 && <p className="chat-empty">Write here if the sound fails, or to send a name or a number.</p>}
      {messages.map((message) => (
        <div key={message.key} className="chat-message" data-mine={message.sender === me || undefined}>
          <p className="chat-meta numbers">
            {message.sender === me ? "You" : doctor}, {timeOfDay(message.at)}
          </p>
          <p className="chat-text">{message.text}</p>
          {message.state === "sending" && <p className="chat-meta">Sending…</p>}
          {message.state === "failed" && (
            <p className="chat-failed">
              Not sent.{" "}
              <button type="button" onClick={() => onRetry(message.key)}>
                Send again
              </button>
            </p>
          )}
        </div>
      ))}
      <div ref={end} />
    </div>
  );
}

const isBlank = (text: string): boolean => text.trim() === "";

function Composer({ conv, send, onTyping }: { conv: string; send: (text: string) => SendResult; onTyping: () => void }): ReactNode {
  const id = useId();
  const [text, setText] = useState("");
  useDraft(`chat ${conv}`, text, isBlank, setText);
  const [refused, setRefused] = useState<string>();
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    const result = send(text);
    setRefused(REFUSED[result]);
    if (result === "queued") setText("");
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter sends, Shift+Enter breaks the line; an input method's own Enter does neither.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form className="composer" onSubmit={submit}>
      {refused !== undefined && (
        <p className="field-error" role="alert">
          {refused}
        </p>
      )}
      <label className="visually-hidden" htmlFor={id}>
        Message
      </label>
      <textarea
        id={id}
        rows={2}
        value={text}
        placeholder="Write a message"
        onChange={(event) => {
          setText(event.target.value);
          onTyping();
        }}
        onKeyDown={onKeyDown}
      />
      <button type="submit" className="composer-send" aria-label="Send" title="Send">
        <SendHorizontal aria-hidden="true" size={22} />
      </button>
    </form>
  );
}
