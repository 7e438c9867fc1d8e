-- Who did what to whose data. Rows hold identifiers and stable names, never health data.
create schema audit;
grant usage on schema audit to bedside_service;

create table audit.event (
    id uuid primary key,
    at timestamptz not null,
    actor_kind text not null
        constraint event_actor_kind check (actor_kind in ('account', 'service', 'anonymous')),
    actor_id uuid,
    actor_service text,
    session_id uuid,
    roles text[] not null,
    clinic_id uuid,
    action text not null,
    resource_type text not null,
    resource_id uuid,
    patient_id uuid,
    purpose text not null,
    outcome text not null constraint event_outcome check (outcome in ('success', 'denied', 'failed')),
    code text,
    request_id uuid,
    -- For a patient shown by a search: the row of the query.
    search_id uuid constraint event_search references audit.event (id),
    detail jsonb not null,
    -- Lets a sealer take only rows that no running transaction can still precede.
    xid xid8 not null default pg_current_xact_id(),
    key_id bigint not null,
    mac bytea not null constraint event_mac_length check (octet_length(mac) = 32),
    constraint event_actor check (
        (actor_kind = 'account') = (actor_id is not null)
        and (actor_kind = 'service') = (actor_service is not null)
    )
);

create index event_by_clinic on audit.event (clinic_id, id desc);
create index event_by_patient on audit.event (patient_id, id desc) where patient_id is not null;
create index event_by_actor on audit.event (actor_id, id desc) where actor_id is not null;
create index event_by_resource on audit.event (resource_type, resource_id);

-- Append-only: neither UPDATE nor DELETE nor TRUNCATE.
grant select, insert on audit.event to bedside_service;
