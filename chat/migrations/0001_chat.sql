-- Conversations, their members and their durable events. What this schema knows of accounts and
-- visits it learned from events of core-api.
create table chat.account (
    id uuid primary key,
    clinic_id uuid not null,
    -- Empty when the account is disabled.
    roles text[] not null
);

create table chat.conversation (
    id uuid primary key,
    kind text not null constraint conversation_kind check (kind in ('visit', 'waiting_room')),
    clinic_id uuid not null,
    -- The sequence of the last event; 0 when empty. Counted up under this row's lock.
    head bigint not null default 0 constraint conversation_head check (head >= 0),
    created_at timestamptz not null,
    closed_at timestamptz,
    -- Of a visit: where it stands and how many wait before it, as last told to its parties.
    visit_state text,
    ahead integer,
    constraint conversation_visit check (kind = 'visit' or (visit_state is null and ahead is null))
);

create table chat.member (
    conversation_id uuid not null constraint member_conversation references chat.conversation (id),
    account_id uuid not null,
    joined_at timestamptz not null,
    left_at timestamptz,
    -- The last sequence this member has read.
    read_upto bigint not null default 0 constraint member_read check (read_upto >= 0),
    primary key (conversation_id, account_id)
);
create index member_by_account on chat.member (account_id) where left_at is null;

create table chat.event (
    conversation_id uuid not null constraint event_conversation references chat.conversation (id),
    seq bigint not null constraint event_seq check (seq > 0),
    id uuid not null constraint event_id_key unique,
    at timestamptz not null,
    kind text not null,
    sender uuid,
    -- The sender's own name for a message: repeating it never stores twice.
    client_msg_id uuid,
    -- JSON, sealed for (chat.event, body, id).
    body bytea not null,
    primary key (conversation_id, seq),
    constraint event_sent_once unique (conversation_id, sender, client_msg_id),
    constraint event_message check ((kind = 'message') = (sender is not null and client_msg_id is not null))
);

-- How far each source of events has been applied.
create table chat.cursor (
    source text primary key,
    position bigint not null constraint cursor_position check (position >= 0)
);
insert into chat.cursor (source, position) values ('core', 0);

-- Sessions that ended while a token of theirs may still count.
create table chat.ended_session (
    id uuid primary key,
    ended_at timestamptz not null
);
create index ended_session_by_time on chat.ended_session (ended_at);

grant select, insert, update on chat.account, chat.conversation, chat.member to bedside_service;
grant select, insert on chat.event to bedside_service;
grant select, update on chat.cursor to bedside_service;
grant select, insert, delete on chat.ended_session to bedside_service;
