-- The audit log by months, so that a month can leave after its seven years without touching the
-- others. The time of a row is part of the key, as PostgreSQL asks of a partitioned table.
alter table audit.event rename to event_first;
-- A reference into a partitioned table needs its whole key; the MAC covers `search_id` anyway.
alter table audit.event_first drop constraint event_search;
alter table audit.event_first drop constraint event_pkey;
drop index audit.event_by_clinic, audit.event_by_patient, audit.event_by_actor,
    audit.event_by_resource;

create table audit.event (like audit.event_first including defaults including constraints)
    partition by range (at);
alter table audit.event add constraint event_pkey primary key (id, at);
create index event_by_clinic on audit.event (clinic_id, id desc);
create index event_by_patient on audit.event (patient_id, id desc) where patient_id is not null;
create index event_by_actor on audit.event (actor_id, id desc) where actor_id is not null;
create index event_by_resource on audit.event (resource_type, resource_id);
-- What the sealer reads: rows in the order of their transactions.
create index event_by_transaction on audit.event (xid, id);

-- What was written before stays where it is: everything up to the end of its last month.
do $$
declare
    upto timestamptz;
begin
    select date_trunc('month', greatest(max(at), now()), 'UTC') into upto from audit.event_first
        having count(*) > 0;
    if upto is null then
        drop table audit.event_first;
    else
        upto := (upto at time zone 'UTC' + interval '1 month') at time zone 'UTC';
        revoke all on audit.event_first from bedside_service;
        execute format(
            'alter table audit.event attach partition audit.event_first '
            'for values from (minvalue) to (%L)', upto);
    end if;
end $$;

-- A clock that is far off must not stop the clinic: such rows are kept here.
create table audit.event_other partition of audit.event default;

-- Makes the month that begins on `first`, unless its rows have a place already. Whether it did.
create function audit.make_month(first date) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '2s'
as $$
declare
    month timestamptz := date_trunc('month', first::timestamptz);
    name text := 'event_' || to_char(month, 'YYYY_MM');
begin
    if to_regclass('audit.' || name) is not null then
        return false;
    end if;
    execute format('create table audit.%I (like audit.event including all)', name);
    -- Attaching, unlike creating in place, lets rows be inserted meanwhile.
    execute format(
        'alter table audit.event attach partition audit.%I for values from (%L) to (%L)',
        name, month, month + interval '1 month');
    return true;
exception
    -- Covered by what was there before months, or begun in `event_other`: the rows stay there.
    when invalid_object_definition or check_violation then
        return false;
end $$;
revoke all on function audit.make_month(date) from public;

-- Makes this month and `ahead` more. The service may call it: it can only add empty months.
create function audit.ensure_months(ahead integer) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    made integer := 0;
begin
    if ahead is null or ahead not between 0 and 24 then
        raise exception 'months ahead are 0 to 24' using errcode = 'invalid_parameter_value';
    end if;
    for n in 0..ahead loop
        if audit.make_month((date_trunc('month', now()) + make_interval(months => n))::date) then
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;
revoke all on function audit.ensure_months(integer) from public;
grant execute on function audit.ensure_months(integer) to bedside_service;

select audit.ensure_months(3);

-- Append-only, as before: neither UPDATE nor DELETE nor TRUNCATE. Months have no grants of their
-- own, so they are reached through the log alone.
grant select, insert on audit.event to bedside_service;
