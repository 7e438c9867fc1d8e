import { Button, Textarea, Title } from "@mantine/core";
import { useDocumentVisibility } from "@mantine/hooks";
import { Clock, MessageSquare, Send } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Visit } from "@shared/api/types";
import { useDraft } from "@shared/drafts/use-draft";
import { timeOfDay } from "../../lib/clinicTime";
import { useChat, useConversation } from "../../lib/live";
import { useAccount } from "../../lib/session";
import { Quiet } from "../../ui/Quiet";
import styles from "./Chat.module.css";
import { describeSend, type Line, linesOf } from "./messages";

/** Messages with the patient during (and after) the visit; `shown` is false while another tab covers them. */
export function ChatPanel({ visit, shown = true }: { readonly visit: Visit; readonly shown?: boolean }) {
  const chat = useChat();
  const me = useAccount().id;
  const conv = visit.conversation_id;
  const view = useConversation(conv);
  const lines = linesOf(view, visit, me);
  const end = useRef<HTMLDivElement>(null);
  const visibility = useDocumentVisibility();
  const newest = view.messages.at(-1)?.key;
  useEffect(() => {
    if (newest === undefined || !shown) return;
    end.current?.scrollIntoView({ block: "nearest" });
    if (visibility === "visible") chat.markRead(conv);
  }, [newest, visibility, shown, chat, conv]);
  return (
    <section className={styles["chat"]} aria-labelledby="chat-title">
      <Title order={2} id="chat-title">
        Chat
      </Title>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <div className={styles["log"]} role="log" aria-label="Messages" tabIndex={0}>
        {lines.length === 0 && view.loaded ? (
          <Quiet icon={MessageSquare} title="No messages yet">
            What you write here is kept with the visit.
          </Quiet>
        ) : null}
        {lines.map((line) => (
          <ChatLine key={line.message.key} line={line} onRetry={() => chat.retry(conv, line.message.key)} />
        ))}
        <div ref={end} />
      </div>
      <p className={styles["typing"]} aria-live="polite">
        {view.typing.some((account) => account !== me) ? `${visit.patient.display_name} is typing…` : ""}
      </p>
      {view.closed ? <p className={styles["closed"]}>This conversation is closed.</p> : <Composer key={conv} conv={conv} />}
    </section>
  );
}

function ChatLine({ line, onRetry }: { readonly line: Line; readonly onRetry: () => void }) {
  const zone = useAccount().clinic.time_zone;
  const { message, own, name, seen } = line;
  return (
    <article className={styles["line"]} data-own={own}>
      <header className={styles["by"]}>
        <strong>{name}</strong> <time dateTime={message.at}>{timeOfDay(message.at, zone)}</time>
      </header>
      <p className={styles["text"]}>{message.text}</p>
      {message.state === "sending" ? (
        <span className={styles["note"]}>
          <Clock size={12} aria-hidden /> Sending
        </span>
      ) : null}
      {message.state === "failed" ? (
        <span className={styles["failed"]} role="alert">
          Not sent.{" "}
          <Button size="compact-xs" variant="default" onClick={onRetry}>
            Send again
          </Button>
        </span>
      ) : null}
      {seen ? <span className={styles["note"]}>Seen</span> : null}
    </article>
  );
}

const isBlank = (text: string): boolean => text.trim() === "";

function Composer({ conv }: { readonly conv: string }) {
  const chat = useChat();
  const [text, setText] = useState("");
  useDraft(`chat ${conv}`, text, isBlank, setText);
  const [problem, setProblem] = useState<string>();
  const send = (): void => {
    const result = chat.send(conv, text);
    setProblem(describeSend(result));
    if (result === "queued") setText("");
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send();
  };
  const onKey = (event: KeyboardEvent): void => {
    // Enter while an input method composes chooses a character; it does not send.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form onSubmit={submit} className={styles["composer"]}>
      <Textarea
        aria-label="Message"
        placeholder="Write a message"
        autosize
        minRows={1}
        maxRows={5}
        value={text}
        error={problem}
        onKeyDown={onKey}
        onChange={(event) => {
          setText(event.currentTarget.value);
          if (event.currentTarget.value !== "") chat.typing(conv);
        }}
      />
      <Button type="submit" leftSection={<Send size={16} aria-hidden />}>
        Send
      </Button>
    </form>
  );
}
