-- What people prove themselves with beside the password, and sign-ins that wait for it.
create table core.factor (
    id uuid primary key,
    account_id uuid not null constraint factor_account references core.account (id),
    kind text not null constraint factor_kind check (kind in ('totp')),
    label text not null constraint factor_label check (length(label) between 1 and 60),
    -- What an authenticator app and the server share, sealed for this row alone.
    secret_sealed bytea not null,
    -- The last step a one-time code was taken for: none counts twice.
    last_step bigint,
    created_at timestamptz not null,
    -- Null until its owner has shown that it works.
    confirmed_at timestamptz,
    last_used_at timestamptz
);
create index factor_by_account on core.factor (account_id);
-- One app at a time is being set up.
create unique index factor_pending on core.factor (account_id) where confirmed_at is null;

create table core.recovery_code (
    account_id uuid not null constraint recovery_code_account references core.account (id),
    -- SHA-256 of 120 random bits.
    code_hash bytea not null
        constraint recovery_code_length check (octet_length(code_hash) = 32),
    created_at timestamptz not null,
    used_at timestamptz,
    constraint recovery_code_pkey primary key (account_id, code_hash)
);

-- Sign-ins whose password was right and whose second factor is missing. Never a session.
create table core.sign_in_attempt (
    id uuid primary key,
    account_id uuid not null constraint sign_in_attempt_account references core.account (id),
    -- SHA-256 of what the client shows with the second factor.
    secret_hash bytea not null
        constraint sign_in_attempt_secret_key unique
        constraint sign_in_attempt_secret_length check (octet_length(secret_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    failures integer not null default 0,
    -- Whether an API client asked for tokens instead of a cookie.
    tokens boolean not null
);
create index sign_in_attempt_old on core.sign_in_attempt (expires_at);

-- What a session may do, and when its owner last proved who they are.
alter table core.session
    add column scope text not null default 'full'
        constraint session_scope check (scope in ('full', 'enrolment')),
    add column stepped_up_at timestamptz;

grant select, insert, update, delete on core.factor, core.recovery_code, core.sign_in_attempt
    to bedside_service;
