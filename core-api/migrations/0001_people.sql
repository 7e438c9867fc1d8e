-- Clinics, who can sign in, who is cared for, who cares.
create table core.clinic (
    id uuid primary key,
    name text not null,
    -- An IANA zone name. Local time is computed by the program, never by the database.
    time_zone text not null,
    created_at timestamptz not null
);

create table core.account (
    id uuid primary key,
    clinic_id uuid not null constraint account_clinic references core.clinic (id),
    email text not null
        constraint account_email_key unique
        constraint account_email_lower check (email = lower(email)),
    display_name text not null,
    -- A PHC string with its own parameters and salt.
    password_hash text not null,
    roles text[] not null constraint account_roles check (
        cardinality(roles) > 0
        and roles <@ array['patient', 'clinician', 'coordinator', 'clinic_admin', 'compliance']
    ),
    created_at timestamptz not null,
    disabled_at timestamptz
);
create index account_by_clinic on core.account (clinic_id, display_name, id);

create table core.session (
    id uuid primary key,
    account_id uuid not null constraint session_account references core.account (id),
    -- SHA-256 of the cookie's secret.
    secret_hash bytea not null
        constraint session_secret_key unique
        constraint session_secret_length check (octet_length(secret_hash) = 32),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    -- When it ends whatever happens.
    expires_at timestamptz not null,
    ended_at timestamptz,
    user_agent text constraint session_user_agent check (length(user_agent) <= 200)
);
-- What the sweep of expired sessions looks at.
create index session_open on core.session (last_seen_at) where ended_at is null;

create table core.provider (
    id uuid primary key,
    clinic_id uuid not null constraint provider_clinic references core.clinic (id),
    account_id uuid not null
        constraint provider_account_key unique
        constraint provider_account references core.account (id),
    specialty text not null,
    created_at timestamptz not null
);
create index provider_by_clinic on core.provider (clinic_id);

create table core.patient (
    id uuid primary key,
    clinic_id uuid not null constraint patient_clinic references core.clinic (id),
    -- Null while the patient has no way to sign in.
    account_id uuid
        constraint patient_account_key unique
        constraint patient_account references core.account (id),
    version bigint not null default 1,
    display_name text not null,
    date_of_birth date not null,
    sex text not null
        constraint patient_sex check (sex in ('female', 'male', 'other', 'unknown')),
    pronouns text,
    phone_sealed bytea,
    email_sealed bytea,
    preferred_language text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index patient_by_clinic on core.patient (clinic_id, display_name, id);

-- Health text is sealed: the database and its backups hold ciphertext only.
create table core.chart_entry (
    id uuid primary key,
    patient_id uuid not null constraint chart_entry_patient references core.patient (id),
    kind text not null
        constraint chart_entry_kind check (kind in ('allergy', 'medication', 'condition', 'note')),
    text_sealed bytea not null,
    recorded_at timestamptz not null
);
create index chart_entry_by_patient on core.chart_entry (patient_id, recorded_at desc);

grant select, insert, update on core.account, core.session, core.patient to bedside_service;
grant select, insert on core.clinic, core.provider, core.chart_entry to bedside_service;
