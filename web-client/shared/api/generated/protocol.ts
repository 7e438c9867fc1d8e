// Generated from crates/protocol. Do not edit.

export type ErrorCode = "invalid_request" | "invalid_field" | "too_large" | "unauthenticated" | "invalid_credentials" | "session_expired" | "cross_site" | "forbidden" | "not_found" | "method_not_allowed" | "illegal_transition" | "already_admitted" | "not_admitted" | "consent_required" | "outside_window" | "slot_taken" | "email_taken" | "consent_outdated" | "precondition_required" | "version_mismatch" | "idempotency_conflict" | "rate_limited" | "not_a_member" | "conversation_closed" | "unavailable" | "internal";
export type AccountId = string;
export type ConversationId = string;
export type EventId = string;
export type VisitId = string;
export type VisitState = "scheduled" | "checked_in" | "ready" | "admitted" | "in_progress" | "completed" | "cancelled" | "no_show";

export type ClientMessage = { "type": "auth", token: string, } | { "type": "auth_refresh", token: string, } | { "type": "resume", after: Record<string, number>, } | { "type": "send", client_msg_id: string, conv: ConversationId, text: string, } | { "type": "read", conv: ConversationId, upto: number, } | { "type": "typing", conv: ConversationId, } | { "type": "ping", nonce: number, };

export type Body = { "kind": "message", sender: AccountId, client_msg_id: string, text: string, } | { "kind": "waiting_room", visit_id: VisitId, state: VisitState, ahead: number | null, } | { "kind": "closed" };
export type Event = { conv: ConversationId, seq: number, id: EventId, at: string, body: Body, };

export type ConversationKind = "visit" | "waiting_room";
export type Head = { conv: ConversationId, kind: ConversationKind, head: number, read: number, };

export type ServerMessage = { "type": "hello", conn: string, epoch: string, account: AccountId, heads: Array<Head>, } | { "type": "resumed", convs: Array<ConversationId>, } | { "type": "resync", conv: ConversationId, head: number, } | { "type": "joined", head: Head, } | { "type": "ack", client_msg_id: string, conv: ConversationId, seq: number, id: EventId, at: string, duplicate: boolean, } | { "type": "event" } & Event | { "type": "read", conv: ConversationId, account: AccountId, upto: number, } | { "type": "typing", conv: ConversationId, account: AccountId, } | { "type": "pong", nonce: number, } | { "type": "error", code: ErrorCode, detail: string, client_msg_id: string | null, conv: ConversationId | null, };
