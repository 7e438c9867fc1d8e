-- Texts people consent to, and who did.
create table core.consent_document (
    id uuid primary key,
    kind text not null constraint consent_document_kind check (kind in ('telehealth')),
    version integer not null constraint consent_document_version check (version > 0),
    title text not null,
    body_markdown text not null,
    effective_at timestamptz not null,
    constraint consent_document_kind_version_key unique (kind, version)
);

create table core.consent (
    id uuid primary key,
    patient_id uuid not null constraint consent_patient references core.patient (id),
    document_id uuid not null constraint consent_document references core.consent_document (id),
    given_at timestamptz not null,
    given_by uuid not null constraint consent_given_by references core.account (id),
    withdrawn_at timestamptz,
    withdrawn_by uuid constraint consent_withdrawn_by references core.account (id),
    constraint consent_withdrawal check ((withdrawn_at is null) = (withdrawn_by is null))
);
-- One standing consent a text; withdrawn ones stay as history.
create unique index consent_standing on core.consent (patient_id, document_id)
    where withdrawn_at is null;

-- Creating requests that were served, so that a repetition gets the same result.
create table core.idempotency_key (
    account_id uuid not null constraint idempotency_key_account references core.account (id),
    route text not null,
    key text not null constraint idempotency_key_length check (length(key) <= 128),
    -- A keyed hash of the request, to tell a repetition from a mix-up.
    request_hash bytea not null,
    -- What was made.
    resource_id uuid not null,
    created_at timestamptz not null,
    constraint idempotency_key_pkey primary key (account_id, route, key)
);

grant select, insert on core.consent_document, core.idempotency_key to bedside_service;
grant select, insert, update on core.consent to bedside_service;
