-- The keys that seal values, themselves wrapped: see docs/security/keys.md. Nothing here opens
-- anything without the key-encryption key, which is never in the database.
create schema seal;
grant usage on schema seal to bedside_service;

-- Key-encryption keys this database knows, by name.
create table seal.kek (
    id text primary key constraint kek_id_length check (length(id) between 1 and 200),
    -- A known text wrapped under it: tells at the start whether the key at hand is this one.
    check_wrapped bytea not null,
    created_at timestamptz not null,
    -- Since when nothing new is wrapped under it.
    retired_at timestamptz
);

create table seal.data_key (
    id uuid primary key,
    -- 'subject': everything that belongs to one patient, or the messages of one conversation.
    -- 'subjects': wraps the keys of an organisation's subjects. 'index': blind indexes.
    class text not null constraint data_key_class check (class in (
        'demographics', 'clinical', 'messages', 'secrets', 'subject', 'subjects', 'index'
    )),
    -- Null: of the installation.
    organisation_id uuid,
    -- Whose: an identifier of another schema.
    subject_id uuid,
    kek_id text constraint data_key_kek references seal.kek (id),
    wrapping_key_id uuid constraint data_key_wrapping_key references seal.data_key (id),
    wrapped bytea,
    state text not null constraint data_key_state check (state in ('active', 'retired', 'destroyed')),
    created_at timestamptz not null,
    -- Since when nothing new is sealed under it.
    retired_at timestamptz,
    destroyed_at timestamptz,
    constraint data_key_subject check ((class = 'subject') = (subject_id is not null)),
    constraint data_key_wrapped check (
        case when state = 'destroyed' then wrapped is null
        else wrapped is not null and (kek_id is null) <> (wrapping_key_id is null) end
    )
);
-- One key seals at a time.
create unique index data_key_active on seal.data_key (class, organisation_id)
    nulls not distinct where state = 'active' and subject_id is null;
create unique index data_key_active_subject on seal.data_key (subject_id)
    where state = 'active' and subject_id is not null;
create index data_key_by_subject on seal.data_key (subject_id) where subject_id is not null;
create index data_key_by_kek on seal.data_key (kek_id) where kek_id is not null;
create index data_key_by_wrapping_key on seal.data_key (wrapping_key_id)
    where wrapping_key_id is not null;

-- The service makes keys and reads them; it cannot change one.
grant select, insert on seal.kek, seal.data_key to bedside_service;

-- Destroys every key of `subject`, and leaves a mark that no other is made. How many there were.
create function seal.destroy_subject(subject uuid, at timestamptz) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
    destroyed bigint;
begin
    perform pg_catalog.pg_advisory_xact_lock(
        pg_catalog.hashtextextended('seal.subject ' || subject::text, 0));
    update seal.data_key set state = 'destroyed', wrapped = null, destroyed_at = at
    where subject_id = subject and state <> 'destroyed';
    get diagnostics destroyed = row_count;
    if not exists (select from seal.data_key where subject_id = subject) then
        insert into seal.data_key (id, class, subject_id, state, created_at, destroyed_at)
        values (pg_catalog.gen_random_uuid(), 'subject', subject, 'destroyed', at, at);
    end if;
    return destroyed;
end
$$;
revoke execute on function seal.destroy_subject(uuid, timestamptz) from public;
grant execute on function seal.destroy_subject(uuid, timestamptz) to bedside_service;

-- Rotations of data keys, and how far each column has come: what goes on after an interruption.
create table seal.rotation (
    id uuid primary key,
    started_at timestamptz not null,
    finished_at timestamptz
);
create unique index rotation_running on seal.rotation ((true)) where finished_at is null;

create table seal.rotation_column (
    rotation_id uuid not null constraint rotation_column_rotation references seal.rotation (id),
    table_name text not null,
    column_name text not null,
    -- Rows up to this one have been looked at in this pass.
    after uuid,
    seen bigint not null default 0,
    resealed bigint not null default 0,
    -- Values whose key was destroyed, and values that do not open.
    erased bigint not null default 0,
    damaged bigint not null default 0,
    constraint rotation_column_pkey primary key (rotation_id, table_name, column_name)
);
grant select on seal.rotation, seal.rotation_column to bedside_service;
