-- Where people sign in from, how API clients stay signed in, and what people are told of it.
create table core.device (
    id uuid primary key,
    account_id uuid not null constraint device_account references core.account (id),
    -- SHA-256 of the browser's device cookie.
    secret_hash bytea not null
        constraint device_secret_length check (octet_length(secret_hash) = 32),
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    constraint device_key unique (account_id, secret_hash)
);

-- Each is good for one refresh; one that comes back ends its session.
create table core.refresh_token (
    id uuid primary key,
    session_id uuid not null constraint refresh_token_session references core.session (id),
    secret_hash bytea not null
        constraint refresh_token_secret_key unique
        constraint refresh_token_secret_length check (octet_length(secret_hash) = 32),
    created_at timestamptz not null,
    used_at timestamptz
);
create index refresh_token_by_session on core.refresh_token (session_id);

-- What happened to the security of an account, for its owner.
create table core.security_notice (
    id uuid primary key,
    account_id uuid not null constraint security_notice_account references core.account (id),
    kind text not null constraint security_notice_kind check (length(kind) between 1 and 40),
    at timestamptz not null,
    -- When it was told by a message out of the system; null while it was not.
    sent_at timestamptz
);
create index security_notice_by_account on core.security_notice (account_id, at desc);

alter table core.session
    -- The visit whose room it entered: being in there counts as activity.
    add column visit_id uuid constraint session_visit references core.visit (id);
create index session_by_account on core.session (account_id) where ended_at is null;

grant select, insert, update, delete on core.device to bedside_service;
grant select, insert, update on core.refresh_token, core.security_notice to bedside_service;
