-- Who cares for a patient, as FHIR's CareTeam has it. A place makes a care relationship for as
-- long as it lasts; those that are over stay as history.
create table core.care_team_member (
    id uuid primary key,
    patient_id uuid not null constraint care_team_member_patient references core.patient (id),
    account_id uuid not null constraint care_team_member_account references core.account (id),
    part text not null constraint care_team_member_part
        check (part in ('primary', 'specialist', 'coordinator', 'other')),
    starts_at timestamptz not null,
    -- When the place ends; null while nobody knows.
    ends_at timestamptz,
    added_at timestamptz not null,
    added_by uuid not null constraint care_team_member_added_by references core.account (id),
    ended_by uuid constraint care_team_member_ended_by references core.account (id),
    constraint care_team_member_period check (ends_at is null or starts_at <= ends_at)
);
create index care_team_member_by_patient on core.care_team_member (patient_id, starts_at, id);
create index care_team_member_by_account on core.care_team_member (account_id, patient_id);

grant select, insert, update on core.care_team_member to bedside_service;
