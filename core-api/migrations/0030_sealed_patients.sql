-- Who a patient is lies sealed under the patient's own key (ADR 16). What was plain is sealed and
-- emptied by the program at its next start: SQL has no key.
alter table core.patient
    add column display_name_sealed bytea,
    add column date_of_birth_sealed bytea,
    add column pronouns_sealed bytea,
    -- Family name and date of birth under a keyed hash: finds the same person again.
    add column person_blind bytea
        constraint patient_person_blind check (octet_length(person_blind) = 16),
    -- When the keys of what is sealed were destroyed.
    add column erased_at timestamptz,
    alter column display_name drop not null,
    alter column date_of_birth drop not null;

drop index core.patient_by_clinic;
create index patient_by_clinic on core.patient (clinic_id, id);
create index patient_by_person on core.patient (clinic_id, person_blind);
-- What is still plain: nothing, after the first start.
create index patient_plain on core.patient (id)
    where display_name is not null or date_of_birth is not null or pronouns is not null;

-- Whether a parent's grant rests depends on the date of birth, which the database cannot read any
-- more. It tells what there is, and the program, which can, decides.
alter type core.standing add attribute parent_grant uuid;
alter type core.standing add attribute parent_level text;
-- From this age on a parent's grant rests.
alter type core.standing add attribute parent_until_age integer;
-- Ages change at midnight UTC: local time is the program's, never the database's.
alter type core.standing add attribute today date;

create or replace function core.standing(which uuid) returns core.standing
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
        e.id, r.id, r.level, c.proxy_cutoff_age, (moment at time zone 'UTC')::date
    into found
    from core.patient p
    join core.clinic c on c.id = p.clinic_id
    left join lateral (
        select x.id, x.level from core.proxy_grant x
        where x.patient_id = p.id and x.account_id = me and x.revoked_at is null
        and x.starts_at <= moment and (x.ends_at is null or x.ends_at > moment)
        and x.basis <> 'parental_responsibility'
        order by array_position(array['full', 'schedule', 'view'], x.level), x.id limit 1
    ) g on true
    left join lateral (
        select x.id, x.level from core.proxy_grant x
        where x.patient_id = p.id and x.account_id = me and x.revoked_at is null
        and x.starts_at <= moment and (x.ends_at is null or x.ends_at > moment)
        and x.basis = 'parental_responsibility'
        order by array_position(array['full', 'schedule', 'view'], x.level), x.id limit 1
    ) r on true
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

-- As before, and a little wider: a parent's grant that rests shows the rows still, and the
-- program refuses.
create or replace function core.sees(which uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
    my_account uuid := nullif(current_setting('app.account', true), '')::uuid;
    my_provider uuid := nullif(current_setting('app.provider', true), '')::uuid;
    my_clinic uuid := nullif(current_setting('app.clinic', true), '')::uuid;
    my_organisation uuid := nullif(current_setting('app.organisation', true), '')::uuid;
    moment timestamptz := nullif(current_setting('app.now', true), '')::timestamptz;
    mine core.standing;
begin
    if nullif(current_setting('app.service', true), '') = 'on' then
        return true;
    end if;
    if my_account is null then
        return false;
    end if;
    if (my_clinic is not null or my_organisation is not null) and exists (
        select from core.patient p where p.id = which
        and (p.clinic_id = my_clinic or p.organisation_id = my_organisation)
    ) then
        return true;
    end if;
    mine := core.standing(which);
    if mine.own or mine.proxy_grant is not null or mine.parent_grant is not null
        or mine.care is not null or mine.emergency_access is not null then
        return true;
    end if;
    if my_provider is not null and exists (
        select from core.appointment t join core.visit v on v.appointment_id = t.id
        join core.clinic c on c.id = t.clinic_id
        where t.patient_id = which and t.provider_id = my_provider
        and t.starts_at <= moment + make_interval(days => c.care_days_before)
        and greatest(t.ends_at, v.ended_at)
            >= moment - make_interval(days => c.care_days_after)
    ) then
        return true;
    end if;
    return exists (
        select from core.invitation i join core.visit v on v.id = i.visit_id
        join core.appointment t on t.id = v.appointment_id
        where t.patient_id = which and i.account_id = my_account and i.revoked_at is null
    );
end
$$;
