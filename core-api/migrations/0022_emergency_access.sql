-- Breaking the glass (45 CFR 164.312(a)(2)(ii)): access without a care relationship, for a reason
-- and an hour, told to the patient and to compliance, and reviewed afterwards.
create table core.emergency_access (
    id uuid primary key,
    patient_id uuid not null constraint emergency_access_patient references core.patient (id),
    organisation_id uuid not null
        constraint emergency_access_organisation references core.organisation (id),
    account_id uuid not null constraint emergency_access_account references core.account (id),
    reason_sealed bytea not null,
    started_at timestamptz not null,
    ends_at timestamptz not null,
    review_state text not null default 'open' constraint emergency_access_review_state
        check (review_state in ('open', 'escalated', 'justified', 'unjustified')),
    escalated_at timestamptz,
    reviewed_at timestamptz,
    reviewed_by uuid constraint emergency_access_reviewed_by references core.account (id),
    review_note_sealed bytea,
    constraint emergency_access_period check (started_at < ends_at),
    constraint emergency_access_review check (
        (reviewed_at is null) = (reviewed_by is null)
        and (reviewed_at is not null) = (review_state in ('justified', 'unjustified'))
    ),
    -- Nobody judges what they did themselves.
    constraint emergency_access_other_reviewer check (reviewed_by <> account_id)
);
create index emergency_access_by_account on core.emergency_access (account_id, patient_id, ends_at);
create index emergency_access_by_organisation on core.emergency_access (organisation_id, id desc);
-- What the escalation looks at.
create index emergency_access_open on core.emergency_access (started_at)
    where review_state = 'open';

-- What somebody has to be told: one account, or everybody of a role in an organisation.
create table core.emergency_notice (
    id uuid primary key,
    organisation_id uuid not null constraint emergency_notice_organisation references core.organisation (id),
    account_id uuid constraint emergency_notice_account references core.account (id),
    role text constraint emergency_notice_role check (role in ('compliance', 'clinic_admin')),
    kind text not null constraint emergency_notice_kind check (
        kind in ('emergency_access', 'emergency_access_overdue')
    ),
    -- What it is about.
    resource_id uuid not null,
    patient_id uuid constraint emergency_notice_patient references core.patient (id),
    created_at timestamptz not null,
    constraint emergency_notice_receiver check ((account_id is null) <> (role is null))
);
create index emergency_notice_by_account on core.emergency_notice (account_id, id desc) where account_id is not null;
create index emergency_notice_by_role on core.emergency_notice (organisation_id, role, id desc) where role is not null;

grant select, insert, update on core.emergency_access to bedside_service;
grant select, insert on core.emergency_notice to bedside_service;
