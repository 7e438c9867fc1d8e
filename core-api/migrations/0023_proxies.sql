-- Who acts for a patient: a personal representative (45 CFR 164.502(g)) or somebody the patient
-- chose. Grants that are over stay as history.
create table core.proxy_grant (
    id uuid primary key,
    patient_id uuid not null constraint proxy_grant_patient references core.patient (id),
    account_id uuid not null constraint proxy_grant_account references core.account (id),
    level text not null constraint proxy_grant_level check (level in ('view', 'schedule', 'full')),
    -- The patient's word, or which documents the desk has seen. What a parent has rests from the
    -- age on that the clinic has set.
    basis text not null constraint proxy_grant_basis
        check (basis in ('patient', 'parental_responsibility', 'legal_authority')),
    -- Which documents, for a basis other than the patient's word.
    documents_sealed bytea,
    starts_at timestamptz not null,
    ends_at timestamptz,
    granted_at timestamptz not null,
    granted_by uuid not null constraint proxy_grant_granted_by references core.account (id),
    revoked_at timestamptz,
    revoked_by uuid constraint proxy_grant_revoked_by references core.account (id),
    constraint proxy_grant_period check (ends_at is null or starts_at < ends_at),
    constraint proxy_grant_documents check ((basis = 'patient') = (documents_sealed is null)),
    constraint proxy_grant_revocation check ((revoked_at is null) = (revoked_by is null))
);
create index proxy_grant_by_patient on core.proxy_grant (patient_id, granted_at desc, id);
create index proxy_grant_by_account on core.proxy_grant (account_id, patient_id)
    where revoked_at is null;

grant select, insert, update on core.proxy_grant to bedside_service;
