-- Who asked for a link. A row for every address, whether or not it has an account: asking costs and
-- shows the same, and what it leads to is found out afterwards.
create table core.link_request (
    id uuid primary key,
    purpose text not null
        constraint link_request_purpose check (purpose in ('password_reset', 'sign_in')),
    -- The address as it was typed, sealed for this row.
    address_sealed bytea not null,
    created_at timestamptz not null
);
create index link_request_waiting on core.link_request (created_at, id);

-- Links sent by mail: each opens one thing once.
create table core.account_link (
    id uuid primary key,
    account_id uuid not null constraint account_link_account references core.account (id),
    purpose text not null
        constraint account_link_purpose check (purpose in ('password_reset', 'sign_in')),
    -- SHA-256 of what the link's fragment holds.
    secret_hash bytea not null
        constraint account_link_secret_key unique
        constraint account_link_secret_length check (octet_length(secret_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index account_link_by_account on core.account_link (account_id);
create index account_link_old on core.account_link (expires_at);

-- Waiting rows are locked while they are taken, which PostgreSQL counts as an update.
grant select, insert, update, delete on core.link_request to bedside_service;
grant select, insert, delete on core.account_link to bedside_service;
