-- The tamper-evident log above the rows: see docs/protocol/audit-log.md. Rows of `audit.event`
-- are never updated, so the place of each is kept beside it.

-- Which log this is: the origin of its checkpoints.
create table audit.log (
    id uuid primary key default gen_random_uuid(),
    sole boolean not null default true
        constraint log_sole_key unique
        constraint log_sole check (sole)
);
insert into audit.log default values;

-- 0, 1, 2 … without gaps: the entries of the log.
create table audit.leaf (
    seq bigint primary key constraint leaf_seq check (seq >= 0),
    event_id uuid not null,
    event_at timestamptz not null,
    -- Bookkeeping: where the sealer goes on.
    xid xid8 not null,
    hash bytea not null constraint leaf_hash_length check (octet_length(hash) = 32),
    key_id bigint not null,
    mac bytea not null constraint leaf_mac_length check (octet_length(mac) = 32),
    constraint leaf_event_key unique (event_id, event_at)
);

-- Complete tiles of the Merkle tree: 256 hashes each.
create table audit.tile (
    level smallint not null constraint tile_level check (level between 0 and 7),
    index bigint not null constraint tile_index check (index >= 0),
    -- The size of the tree that completed it.
    completed_at bigint not null,
    hashes bytea not null constraint tile_length check (octet_length(hashes) = 8192),
    primary key (level, index)
);
create index tile_by_size on audit.tile (completed_at);

-- The signed heads.
create table audit.checkpoint (
    size bigint primary key constraint checkpoint_size check (size > 0),
    root bytea not null constraint checkpoint_root_length check (octet_length(root) = 32),
    at timestamptz not null,
    note text not null
);

-- The sealer appends and reads; nobody who serves can change or remove.
grant select, insert on audit.leaf, audit.tile, audit.checkpoint to bedside_service;
grant select on audit.log to bedside_service;

-- Takes a month out of the log once its seven years have passed. Its table stays, for the
-- operator to keep elsewhere; the entries above it stay too, so the log goes on verifying.
create function audit.detach_month(first date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    month timestamptz := date_trunc('month', first::timestamptz);
    name text := 'event_' || to_char(month, 'YYYY_MM');
    unsealed boolean;
begin
    if to_regclass('audit.' || name) is null then
        raise exception 'there is no such month' using errcode = 'undefined_table';
    end if;
    if month + interval '1 month' + interval '7 years' > now() then
        raise exception 'audit rows are kept for seven years'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    execute format(
        'select exists (select from audit.%I e where not exists (select from audit.leaf l '
        'where l.event_id = e.id and l.event_at = e.at))', name) into unsealed;
    if unsealed then
        raise exception 'rows of that month are not in the log yet'
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    execute format('alter table audit.event detach partition audit.%I', name);
end $$;
revoke all on function audit.detach_month(date) from public;
