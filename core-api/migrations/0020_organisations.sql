-- Organisations above clinics. Installations begin with one.
create table core.organisation (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null
);
insert into core.organisation (id, name, created_at)
values ('00000000-0000-7000-8000-000000000001', 'This organisation', now());

alter table core.clinic
    add organisation_id uuid not null default '00000000-0000-7000-8000-000000000001'
        constraint clinic_organisation references core.organisation (id),
    -- An appointment makes a care relationship from so many days before its start until so many
    -- days after its end.
    add care_days_before integer not null default 30
        constraint clinic_care_days_before check (care_days_before between 0 and 365),
    add care_days_after integer not null default 30
        constraint clinic_care_days_after check (care_days_after between 0 and 365),
    -- From this age on a parent's grant rests.
    add proxy_cutoff_age integer not null default 12
        constraint clinic_proxy_cutoff_age check (proxy_cutoff_age between 0 and 18),
    add constraint clinic_of_organisation unique (id, organisation_id);

-- The organisation stands in the rows that are scoped by it, and cannot differ from the clinic's.
create function core.take_organisation() returns trigger language plpgsql as $$
begin
    new.organisation_id := (select organisation_id from core.clinic where id = new.clinic_id);
    return new;
end
$$;

alter table core.account add organisation_id uuid;
alter table core.provider add organisation_id uuid;
alter table core.patient add organisation_id uuid;
alter table core.appointment add organisation_id uuid;
update core.account t set organisation_id = c.organisation_id from core.clinic c where c.id = t.clinic_id;
update core.provider t set organisation_id = c.organisation_id from core.clinic c where c.id = t.clinic_id;
update core.patient t set organisation_id = c.organisation_id from core.clinic c where c.id = t.clinic_id;
update core.appointment t set organisation_id = c.organisation_id from core.clinic c where c.id = t.clinic_id;
alter table core.account alter organisation_id set not null, add constraint account_organisation
    foreign key (clinic_id, organisation_id) references core.clinic (id, organisation_id);
alter table core.provider alter organisation_id set not null, add constraint provider_organisation
    foreign key (clinic_id, organisation_id) references core.clinic (id, organisation_id);
alter table core.patient alter organisation_id set not null, add constraint patient_organisation
    foreign key (clinic_id, organisation_id) references core.clinic (id, organisation_id);
alter table core.appointment alter organisation_id set not null, add constraint appointment_organisation
    foreign key (clinic_id, organisation_id) references core.clinic (id, organisation_id);
create trigger account_organisation before insert on core.account
    for each row execute function core.take_organisation();
create trigger provider_organisation before insert on core.provider
    for each row execute function core.take_organisation();
create trigger patient_organisation before insert on core.patient
    for each row execute function core.take_organisation();
create trigger appointment_organisation before insert on core.appointment
    for each row execute function core.take_organisation();

alter table core.account drop constraint account_roles, add constraint account_roles check (
    cardinality(roles) > 0
    and roles <@ array['patient', 'clinician', 'coordinator', 'clinic_admin', 'compliance',
        'family_member', 'super_admin']
);

grant select on core.organisation to bedside_service;
grant update (care_days_before, care_days_after, proxy_cutoff_age) on core.clinic to bedside_service;
