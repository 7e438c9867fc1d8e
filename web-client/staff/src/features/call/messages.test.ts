import { describe, expect, it } from "vitest";
import type { ConversationView, Message } from "@shared/chat/conversation";
import { visitOf } from "../../../harness/fixtures";
import { describeSend, linesOf, unseenOf } from "./messages";

const visit = visitOf();
const me = visit.clinician.account_id;
const patient = visit.patient.account_id ?? "";
const message = (key: string, sender: string, seq: number | undefined): Message => ({ key, sender, seq, text: key, at: "2026-11-23T15:00:00Z", state: seq === undefined ? "sending" : "sent" });
const view = (messages: Message[], reads: Record<string, number> = {}): ConversationView => ({ messages, reads, closed: false, typing: [], loaded: true });

describe("the lines of a visit's chat", () => {
  it("name the people of the visit, and oneself as You", () => {
    const lines = linesOf(view([message("a", me, 1), message("b", patient, 2), message("c", "somebody", 3)]), visit, me);
    expect(lines.map(({ name, own }) => [name, own])).toEqual([
      ["You", true],
      ["Amina Osei", false],
      ["Somebody else", false],
    ]);
  });

  it("say Seen once, under the newest own message the other side read", () => {
    const messages = [message("a", me, 1), message("b", me, 2), message("c", patient, 3), message("d", me, 4), message("e", me, undefined)];
    const seen = (reads: Record<string, number>) => linesOf(view(messages, reads), visit, me).filter((line) => line.seen).map((line) => line.message.key);
    expect(seen({ [patient]: 3 })).toEqual(["b"]);
    expect(seen({ [patient]: 4 })).toEqual(["d"]);
    expect(seen({ [me]: 4 })).toEqual([]);
  });
});

describe("a message that was not taken", () => {
  it("is explained, and silence is kept when it was", () => {
    expect(describeSend("queued")).toBeUndefined();
    expect(describeSend("too_long")).toContain("too long");
    expect(describeSend("closed")).toContain("ended");
  });
});

describe("messages behind another tab", () => {
  it("are counted when others wrote them after the last look", () => {
    const messages = [message("a", patient, 1), message("b", patient, 2), message("c", me, 3), message("d", patient, 4)];
    expect(unseenOf(messages, me, 0)).toBe(3);
    expect(unseenOf(messages, me, 2)).toBe(1);
    expect(unseenOf(messages, me, 4)).toBe(0);
  });
});
