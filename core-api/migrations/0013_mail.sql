-- Outgoing mail: what is written here is sent, whatever happens to the program meanwhile.
create table core.mail (
    id uuid primary key,
    account_id uuid not null constraint mail_account references core.account (id),
    kind text not null constraint mail_kind check (length(kind) between 1 and 40),
    -- Whom it goes to and what it says, sealed for this row; gone once it is sent or given up.
    letter_sealed bytea,
    created_at timestamptz not null,
    -- After this it says nothing any more.
    useless_after timestamptz not null,
    -- Whoever sends it moves this on first, so that one that crashes is followed by another try.
    next_try_at timestamptz not null,
    tries integer not null default 0,
    sent_at timestamptz,
    given_up_at timestamptz,
    constraint mail_open check (
        (letter_sealed is not null) = (sent_at is null and given_up_at is null)
    )
);
create index mail_waiting on core.mail (next_try_at) where sent_at is null and given_up_at is null;
create index mail_by_account on core.mail (account_id, created_at);
create index mail_old on core.mail (created_at);

grant select, insert, update, delete on core.mail to bedside_service;
