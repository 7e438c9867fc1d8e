-- Row security: the second line. Whatever the program forgets to ask, a transaction sees the
-- patients of whom it serves, and without having said whom it serves, none.
--
-- A little wider than the program's own rule: an appointment that was called off still shows who
-- it was with to its clinician, and an invitation to a visit whose visit it is.
create function core.sees(which uuid) returns boolean
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
    if mine.own or mine.proxy_grant is not null or mine.care is not null
        or mine.emergency_access is not null then
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
revoke execute on function core.sees(uuid) from public;
grant execute on function core.sees(uuid) to bedside_service;

-- The lines before clinicians: a patient's place is told by those ahead, whom they must not see.
-- Ids, states and times only.
create function core.waiting_line(providers uuid[], ended_after timestamptz)
returns table (id uuid, state text, provider_id uuid, since timestamptz, minutes bigint)
language sql stable security definer set search_path = '' as $$
    select v.id, v.state, t.provider_id, coalesce(v.started_at, v.admitted_at),
        (extract(epoch from t.ends_at - t.starts_at) / 60)::bigint
    from core.visit v join core.appointment t on t.id = v.appointment_id
    where v.state in ('checked_in', 'ready', 'admitted', 'in_progress')
    and t.provider_id = any(providers) and t.ends_at > ended_after
    order by v.checked_in_at, v.id
$$;
revoke execute on function core.waiting_line(uuid[], timestamptz) from public;
grant execute on function core.waiting_line(uuid[], timestamptz) to bedside_service;

alter table core.patient enable row level security;
create policy patient_served on core.patient to bedside_service using (
    (select nullif(current_setting('app.service', true), '')) = 'on'
    or clinic_id = (select nullif(current_setting('app.clinic', true), '')::uuid)
    or organisation_id = (select nullif(current_setting('app.organisation', true), '')::uuid)
    or core.sees(id)
);

alter table core.appointment enable row level security;
create policy appointment_served on core.appointment to bedside_service using (
    (select nullif(current_setting('app.service', true), '')) = 'on'
    or clinic_id = (select nullif(current_setting('app.clinic', true), '')::uuid)
    or organisation_id = (select nullif(current_setting('app.organisation', true), '')::uuid)
    or core.sees(patient_id)
);

-- Through the policy of the appointment.
alter table core.visit enable row level security;
create policy visit_served on core.visit to bedside_service using (
    (select nullif(current_setting('app.service', true), '')) = 'on'
    or exists (select from core.appointment t where t.id = appointment_id)
);

-- Through the policy of the visit.
alter table core.visit_journal enable row level security;
create policy visit_journal_served on core.visit_journal to bedside_service using (
    (select nullif(current_setting('app.service', true), '')) = 'on'
    or exists (select from core.visit v where v.id = visit_id)
);
alter table core.visit_media enable row level security;
create policy visit_media_served on core.visit_media to bedside_service using (
    (select nullif(current_setting('app.service', true), '')) = 'on'
    or exists (select from core.visit v where v.id = visit_id)
);

alter table core.chart_entry enable row level security;
create policy chart_entry_served on core.chart_entry to bedside_service using (core.sees(patient_id));
alter table core.consent enable row level security;
create policy consent_served on core.consent to bedside_service using (core.sees(patient_id));
alter table core.care_team_member enable row level security;
create policy care_team_member_served on core.care_team_member to bedside_service
    using (core.sees(patient_id));
alter table core.proxy_grant enable row level security;
create policy proxy_grant_served on core.proxy_grant to bedside_service using (
    account_id = (select nullif(current_setting('app.account', true), '')::uuid)
    or core.sees(patient_id)
);
-- Reasons and reviews are between whoever broke the glass and compliance.
alter table core.emergency_access enable row level security;
create policy emergency_access_served on core.emergency_access to bedside_service using (
    (select nullif(current_setting('app.service', true), '')) = 'on'
    or account_id = (select nullif(current_setting('app.account', true), '')::uuid)
    or organisation_id = (select nullif(current_setting('app.organisation', true), '')::uuid)
);
