-- Who is kept out of a media room by whoever is in charge of it.

-- The door is shut while there is a row: nobody new comes in. Who did what when is in the audit
-- log.
create table core.room_lock (
    visit_id uuid primary key constraint room_lock_visit references core.visit (id),
    since timestamptz not null,
    locked_by uuid not null constraint room_lock_by references core.account (id)
);

-- Somebody was put out, and stays out unless admitted again later.
create table core.room_removal (
    visit_id uuid not null constraint room_removal_visit references core.visit (id),
    account_id uuid not null constraint room_removal_account references core.account (id),
    removed_at timestamptz not null,
    removed_by uuid not null constraint room_removal_by references core.account (id),
    constraint room_removal_pkey primary key (visit_id, account_id)
);

grant select, insert, delete on core.room_lock to bedside_service;
grant select, insert, update on core.room_removal to bedside_service;
