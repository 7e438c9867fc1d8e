// Generated from crates/protocol; change it there, then run
// UPDATE=1 cargo test -p protocol --test generated

export type AccountId = string;
export type ClinicId = string;
export type ConversationId = string;
export type EventId = string;
export type VisitId = string;

export type ErrorCode = "invalid_request" | "invalid_field" | "too_large" | "unauthenticated" | "invalid_credentials" | "second_factor_required" | "invalid_code" | "step_up_required" | "enrolment_required" | "passkeys_unavailable" | "mail_unavailable" | "link_spent" | "factor_needed" | "session_expired" | "cross_site" | "forbidden" | "not_found" | "method_not_allowed" | "illegal_transition" | "already_admitted" | "not_admitted" | "room_locked" | "removed_from_room" | "already_invited" | "visit_full" | "not_in_room" | "consent_required" | "outside_window" | "slot_taken" | "email_taken" | "consent_outdated" | "precondition_required" | "version_mismatch" | "idempotency_conflict" | "rate_limited" | "not_a_member" | "conversation_closed" | "unavailable" | "internal";

export type Role = "patient" | "clinician" | "coordinator" | "clinic_admin" | "compliance" | "family_member" | "super_admin";

export type VisitState = "scheduled" | "checked_in" | "ready" | "admitted" | "in_progress" | "completed" | "cancelled" | "no_show";

export type VisitAction = "check_in" | "ready" | "admit" | "start" | "return_to_waiting" | "complete" | "cancel" | "no_show";

export type ConversationKind = "visit" | "waiting_room";

export type Head = { 
/**
 * Which.
 */
conv: ConversationId, 
/**
 * What it is about.
 */
kind: ConversationKind, 
/**
 * Its last sequence; 0 when empty.
 */
head: number, 
/**
 * The last sequence this account has read.
 */
read: number, };

export type Body = { "kind": "message", 
/**
 * Who.
 */
sender: AccountId, 
/**
 * The sender's own name for it.
 */
client_msg_id: string, 
/**
 * What.
 */
text: string, } | { "kind": "waiting_room", 
/**
 * Which visit.
 */
visit_id: VisitId, 
/**
 * Where it stands.
 */
state: VisitState, 
/**
 * Waiting visits before it with the same clinician; none when it does not wait.
 */
ahead: number | null, } | { "kind": "people", 
/**
 * Which visit.
 */
visit_id: VisitId, } | { "kind": "closed" };

export type Event = { 
/**
 * Which conversation.
 */
conv: ConversationId, 
/**
 * 1, 2, 3 … without gaps.
 */
seq: number, 
/**
 * The event's own id.
 */
id: EventId, 
/**
 * When it was stored.
 */
at: string, 
/**
 * What happened.
 */
body: Body, };

export type ClientMessage = { "type": "auth", 
/**
 * From `POST /api/v1/session/token`.
 */
token: string, } | { "type": "auth_refresh", 
/**
 * From `POST /api/v1/session/token`.
 */
token: string, } | { "type": "resume", 
/**
 * Conversation → last sequence seen (0 for none). At most 1,000.
 */
after: Record<string, number>, } | { "type": "send", 
/**
 * The sender's own name for it, kept for repetition.
 */
client_msg_id: string, 
/**
 * Where to.
 */
conv: ConversationId, 
/**
 * 1 to 16,384 bytes of text.
 */
text: string, } | { "type": "read", 
/**
 * Which conversation.
 */
conv: ConversationId, 
/**
 * The last sequence read.
 */
upto: number, } | { "type": "typing", 
/**
 * Which conversation.
 */
conv: ConversationId, } | { "type": "ping", 
/**
 * Echoed.
 */
nonce: number, };

export type ServerMessage = { "type": "hello", 
/**
 * This connection.
 */
conn: string, 
/**
 * One value per life of the hub.
 */
epoch: string, 
/**
 * Who the server takes the client for.
 */
account: AccountId, 
/**
 * Every conversation of the account with its position.
 */
heads: Array<Head>, } | { "type": "resumed", 
/**
 * The conversations now subscribed to.
 */
convs: Array<ConversationId>, } | { "type": "resync", 
/**
 * Which conversation.
 */
conv: ConversationId, 
/**
 * Its head now.
 */
head: number, } | { "type": "joined", 
/**
 * Where it stands.
 */
head: Head, } | { "type": "ack", 
/**
 * The sender's own name for it.
 */
client_msg_id: string, 
/**
 * Which conversation.
 */
conv: ConversationId, 
/**
 * Its place there.
 */
seq: number, 
/**
 * Its id.
 */
id: EventId, 
/**
 * When it was stored.
 */
at: string, 
/**
 * It had been stored before; this is the first storage's place.
 */
duplicate: boolean, } | { "type": "event" } & Event | { "type": "read", 
/**
 * Which conversation.
 */
conv: ConversationId, 
/**
 * Who.
 */
account: AccountId, 
/**
 * The last sequence read.
 */
upto: number, } | { "type": "typing", 
/**
 * Which conversation.
 */
conv: ConversationId, 
/**
 * Who.
 */
account: AccountId, } | { "type": "pong", 
/**
 * The ping's.
 */
nonce: number, } | { "type": "error", 
/**
 * Why.
 */
code: ErrorCode, 
/**
 * For people.
 */
detail: string, 
/**
 * The refused message, if it had a name.
 */
client_msg_id: string | null, 
/**
 * The conversation it was about.
 */
conv: ConversationId | null, };

export const SUBPROTOCOL = "bedside.v1";
export const MAX_TEXT_BYTES = 16384;
export const CLOSE = {
  unauthenticated: 4401,
  slowConsumer: 4408,
  tooMany: 4429,
  malformed: 4400,
} as const;
