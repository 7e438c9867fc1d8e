-- Third parties of a visit: a colleague with an account, or a guest who holds a link.
create table core.invitation (
    id uuid primary key,
    visit_id uuid not null constraint invitation_visit references core.visit (id),
    -- Null for a guest, who is in the room under the invitation's own id.
    account_id uuid constraint invitation_account references core.account (id),
    -- SHA-256 of the link's secret.
    secret_hash bytea
        constraint invitation_secret_key unique
        constraint invitation_secret_length check (octet_length(secret_hash) = 32),
    -- What everybody in the visit reads. A colleague's name is the account's.
    display_name text constraint invitation_name_length check (length(display_name) <= 80),
    part text not null constraint invitation_part check (
        part in ('second_clinician', 'interpreter', 'family', 'care_team')
    ),
    invited_at timestamptz not null,
    invited_by uuid not null constraint invitation_by references core.account (id),
    -- When its link was opened first.
    opened_at timestamptz,
    knocked_at timestamptz,
    -- The newest time they were let in, and by whom.
    let_in_at timestamptz,
    let_in_by uuid constraint invitation_let_in_by references core.account (id),
    revoked_at timestamptz,
    revoked_by uuid constraint invitation_revoked_by references core.account (id),
    constraint invitation_guest check (
        (account_id is null) = (secret_hash is not null)
        and (account_id is null) = (display_name is not null)
    ),
    constraint invitation_let_in check ((let_in_at is null) = (let_in_by is null)),
    constraint invitation_revocation check ((revoked_at is null) = (revoked_by is null))
);
-- One standing invitation a colleague and visit; taken back ones stay as history.
create unique index invitation_standing on core.invitation (visit_id, account_id)
    where revoked_at is null and account_id is not null;
create index invitation_by_visit on core.invitation (visit_id, invited_at, id);
create index invitation_by_account on core.invitation (account_id)
    where revoked_at is null and account_id is not null;

-- A guest in a room is known by an invitation, not by an account.
alter table core.visit_journal drop constraint visit_journal_account;
alter table core.visit_media drop constraint visit_media_account;
alter table core.room_removal drop constraint room_removal_account;

grant select, insert, update on core.invitation to bedside_service;
