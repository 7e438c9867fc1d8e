-- What whoever a transaction serves is to a patient at that moment. The program judges by it
-- (`crates/domain/src/permission`), row security by the same words.
--
-- A transaction says whom it serves by `set_config('app.…', …, true)`: `account`, `provider` for
-- somebody who holds the role of a clinician, `clinic` and `organisation` for roles that reach so
-- far, `now` for the instant of the request, `service` for the server itself. Outside such a
-- transaction each is null or, on a connection that served one before, empty.
create type core.standing as (
    own boolean,
    proxy_grant uuid,
    proxy_level text,
    -- The care relationship: 'care_team', 'live_visit', 'appointment'; null for none.
    care text,
    emergency_access uuid
);

-- As the owner, because the policies of the tables it reads ask it.
create function core.standing(which uuid) returns core.standing
language plpgsql stable security definer set search_path = '' as $$
declare
    me uuid := nullif(current_setting('app.account', true), '')::uuid;
    my_provider uuid := nullif(current_setting('app.provider', true), '')::uuid;
    moment timestamptz := nullif(current_setting('app.now', true), '')::timestamptz;
    found core.standing;
begin
    if me is null then
        return found;
    end if;
    select p.account_id is not distinct from me, g.id, g.level,
        case
            when my_provider is null then null
            when exists (select from core.care_team_member m where m.patient_id = p.id
                and m.account_id = me and m.starts_at <= moment
                and (m.ends_at is null or m.ends_at > moment)) then 'care_team'
            when exists (select from core.appointment t
                join core.visit v on v.appointment_id = t.id
                where t.patient_id = p.id and t.provider_id = my_provider
                and v.state in ('checked_in', 'ready', 'admitted', 'in_progress'))
                then 'live_visit'
            when exists (select from core.appointment t
                join core.visit v on v.appointment_id = t.id
                join core.clinic c on c.id = t.clinic_id
                where t.patient_id = p.id and t.provider_id = my_provider
                and v.state <> 'cancelled'
                and t.starts_at <= moment + make_interval(days => c.care_days_before)
                and greatest(t.ends_at, v.ended_at)
                    >= moment - make_interval(days => c.care_days_after))
                then 'appointment'
        end,
        e.id
    into found
    from core.patient p
    left join lateral (
        select x.id, x.level from core.proxy_grant x
        join core.clinic c on c.id = p.clinic_id
        where x.patient_id = p.id and x.account_id = me and x.revoked_at is null
        and x.starts_at <= moment and (x.ends_at is null or x.ends_at > moment)
        -- Ages change at midnight UTC: local time is the program's, never the database's.
        and (x.basis <> 'parental_responsibility' or p.date_of_birth
            + make_interval(years => c.proxy_cutoff_age) > (moment at time zone 'UTC'))
        order by array_position(array['full', 'schedule', 'view'], x.level), x.id limit 1
    ) g on true
    left join lateral (
        select x.id from core.emergency_access x
        where x.patient_id = p.id and x.account_id = me
        and x.started_at <= moment and x.ends_at > moment
        order by x.ends_at desc, x.id limit 1
    ) e on my_provider is not null
    where p.id = which;
    return found;
end
$$;
revoke execute on function core.standing(uuid) from public;
grant execute on function core.standing(uuid) to bedside_service;

-- Whose data a visit or an appointment is, for the record of an attempt by somebody who may not
-- see it; and which patient an account is. Ids only.
create function core.patient_of_visit(which uuid) returns uuid
language sql stable security definer set search_path = '' as $$
    select t.patient_id from core.visit v join core.appointment t on t.id = v.appointment_id
    where v.id = which
$$;
create function core.patient_of_appointment(which uuid) returns uuid
language sql stable security definer set search_path = '' as $$
    select patient_id from core.appointment where id = which
$$;
create function core.patient_of_account(which uuid) returns uuid
language sql stable security definer set search_path = '' as $$
    select id from core.patient where account_id = which
$$;
revoke execute on function core.patient_of_visit(uuid), core.patient_of_appointment(uuid),
    core.patient_of_account(uuid) from public;
grant execute on function core.patient_of_visit(uuid), core.patient_of_appointment(uuid),
    core.patient_of_account(uuid) to bedside_service;

-- Under which roof a patient is, for somebody who breaks the glass.
create function core.organisation_of_patient(which uuid) returns uuid
language sql stable security definer set search_path = '' as $$
    select organisation_id from core.patient where id = which
$$;
revoke execute on function core.organisation_of_patient(uuid) from public;
grant execute on function core.organisation_of_patient(uuid) to bedside_service;
