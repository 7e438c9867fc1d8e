-- The schedule, the visits, and what happened in their rooms.
create extension if not exists btree_gist;

create table core.appointment (
    id uuid primary key,
    clinic_id uuid not null constraint appointment_clinic references core.clinic (id),
    patient_id uuid not null constraint appointment_patient references core.patient (id),
    provider_id uuid not null constraint appointment_provider references core.provider (id),
    version bigint not null default 1,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    visit_type text not null constraint appointment_visit_type check (visit_type in ('video')),
    reason_sealed bytea not null,
    created_at timestamptz not null,
    created_by uuid not null constraint appointment_created_by references core.account (id),
    -- When the slot became free for others: its visit was called off, missed or ended.
    released_at timestamptz,
    cancel_reason_sealed bytea,
    constraint appointment_order check (starts_at < ends_at),
    -- No double booking, whatever the program believes. Bookings take an advisory lock on the
    -- clinician first, because concurrent inserts into a gist index deadlock.
    constraint appointment_provider_free exclude using gist (
        provider_id with =, tstzrange(starts_at, ends_at) with &&
    ) where (released_at is null),
    constraint appointment_patient_free exclude using gist (
        patient_id with =, tstzrange(starts_at, ends_at) with &&
    ) where (released_at is null)
);
create index appointment_by_clinic on core.appointment (clinic_id, starts_at, id);
create index appointment_by_provider on core.appointment (provider_id, starts_at, id);
create index appointment_by_patient on core.appointment (patient_id, starts_at, id);

create table core.visit (
    id uuid primary key,
    appointment_id uuid not null
        constraint visit_appointment_key unique
        constraint visit_appointment references core.appointment (id),
    state text not null constraint visit_state check (state in (
        'scheduled', 'checked_in', 'ready', 'admitted', 'in_progress',
        'completed', 'cancelled', 'no_show'
    )),
    version bigint not null default 1,
    camera text constraint visit_camera check (camera in ('ok', 'failed', 'skipped')),
    microphone text constraint visit_microphone check (microphone in ('ok', 'failed', 'skipped')),
    network text constraint visit_network check (network in ('ok', 'failed', 'skipped')),
    checked_in_at timestamptz,
    ready_at timestamptz,
    admitted_at timestamptz,
    admitted_by uuid constraint visit_admitted_by references core.account (id),
    started_at timestamptz,
    ended_at timestamptz,
    constraint visit_device_check check (
        (camera is null) = (microphone is null) and (camera is null) = (network is null)
    ),
    constraint visit_admission check ((admitted_at is null) = (admitted_by is null))
);
-- The people somebody attends to now: few, whatever the history.
create index visit_open on core.visit (appointment_id)
    where state in ('checked_in', 'ready', 'admitted', 'in_progress');

-- The journal of media rooms, as signaling reports it; repeated reports meet the key.
create table core.room_event (
    visit_id uuid not null constraint room_event_visit references core.visit (id),
    -- The bits of the room's epoch, which is unsigned.
    room_epoch bigint not null,
    number bigint not null constraint room_event_number check (number > 0),
    account_id uuid not null constraint room_event_account references core.account (id),
    kind text not null
        constraint room_event_kind check (kind in ('joined', 'resumed', 'left', 'lost', 'removed')),
    at timestamptz not null,
    stored_at timestamptz not null,
    constraint room_event_pkey primary key (visit_id, room_epoch, number)
);

grant select, insert, update on core.appointment, core.visit to bedside_service;
grant select, insert on core.room_event to bedside_service;
