//! The SQL of visits.

use ::store::sealing::{Sealer, Unlocked};
use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, ProviderId, VisitId, VisitState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::access;
use crate::access::store::standing_columns;
use crate::appointment;
use crate::appointment::model::VisitType;
use crate::moderation;
use crate::patient;
use crate::patient::model::Sex;
use crate::store::{Cells as _, open, unlock};
use crate::visit::model::{
    AdmittedBy, ClinicianParty, DeviceCheck, DeviceResult, PatientParty, VisitRecord,
};

const TABLE: &str = "core.visit";
/// The sealed columns of a row.
const SEALED: [&str; 4] = [
    "reason_sealed",
    "display_name_sealed",
    "date_of_birth_sealed",
    "pronouns_sealed",
];

/// `$1` is the instant that decides which telehealth text is in force.
macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select v.id, v.version, v.state, v.camera, v.microphone, v.network, \
             v.checked_in_at, v.ready_at, v.admitted_at, v.admitted_by, v.started_at, \
             v.ended_at, m.display_name as admitted_by_name, \
             t.id as appointment_id, t.clinic_id, t.starts_at, t.ends_at, t.visit_type, \
             t.reason_sealed, \
             p.id as patient_id, p.account_id as patient_account, \
             p.display_name_sealed, p.date_of_birth_sealed, p.sex, p.pronouns_sealed, \
             r.id as provider_id, r.specialty, a.id as clinician_account, \
             a.display_name as clinician_name, \
             exists (select from core.consent s where s.patient_id = p.id \
                 and s.withdrawn_at is null and s.document_id = ( \
                     select d.id from core.consent_document d \
                     where d.kind = 'telehealth' and d.effective_at <= $1 \
                     order by d.version desc limit 1)) as consent_telehealth, \
             l.since as locked_since, x.removed_at as patient_removed_at, \
             l.since is not null and exists (select from core.visit_journal j \
                 where j.visit_id = v.id and j.account_id = p.account_id \
                 and j.kind = 'joined' and j.at <= l.since) as patient_was_inside, \
             t.organisation_id, \
             v.state in ('checked_in', 'ready', 'admitted', 'in_progress') \
                 or (t.starts_at <= $1 + make_interval(days => c.care_days_before) \
                     and greatest(t.ends_at, v.ended_at) \
                         >= $1 - make_interval(days => c.care_days_after)) as is_near, ",
            standing_columns!(),
            " from core.visit v \
             join core.appointment t on t.id = v.appointment_id \
             join core.clinic c on c.id = t.clinic_id \
             join core.patient p on p.id = t.patient_id \
             join core.provider r on r.id = t.provider_id \
             join core.account a on a.id = r.account_id \
             left join core.account m on m.id = v.admitted_by \
             left join core.room_lock l on l.visit_id = v.id \
             left join core.room_removal x on x.visit_id = v.id \
                 and x.account_id = p.account_id \
             left join lateral core.standing(p.id) k on true ",
            $tail
        )
    };
}

fn record(row: &PgRow, keys: &Unlocked) -> Result<VisitRecord, StoreError> {
    let patient = row.id("patient_id")?;
    let born = patient::store::birth(row, keys, patient)?;
    let appointment = row.id("appointment_id")?;
    Ok(VisitRecord {
        id: row.id("id")?,
        version: row.cell("version")?,
        state: row.word(TABLE, "state", VisitState::from_name)?,
        clinic: row.id("clinic_id")?,
        reach: access::store::of_row(row, born)?,
        is_near: row.cell("is_near")?,
        appointment,
        starts_at: row.time("starts_at")?,
        ends_at: row.time("ends_at")?,
        reason: open(
            keys,
            appointment::store::reason(appointment),
            row.cell::<Vec<u8>>("reason_sealed")?,
        )?,
        visit_type: row.word("core.appointment", "visit_type", VisitType::from_name)?,
        patient: PatientParty {
            id: patient,
            account: row.id_or_null("patient_account")?,
            display_name: patient::store::name(row, keys, patient)?,
            date_of_birth: born.unwrap_or(patient::store::ERASED_BIRTH),
            sex: row.word("core.patient", "sex", Sex::from_name)?,
            pronouns: patient::store::text(row, keys, patient, "pronouns_sealed")?,
        },
        clinician: ClinicianParty {
            id: row.id("provider_id")?,
            account: row.id("clinician_account")?,
            display_name: row.pii("clinician_name")?,
            specialty: row.cell("specialty")?,
        },
        checked_in_at: row.time_or_null("checked_in_at")?,
        ready_at: row.time_or_null("ready_at")?,
        admission: admission(row)?,
        started_at: row.time_or_null("started_at")?,
        ended_at: row.time_or_null("ended_at")?,
        device_check: device_check(row)?,
        consent_telehealth: row.cell("consent_telehealth")?,
        door: moderation::store::door(row)?,
    })
}

fn admission(row: &PgRow) -> Result<Option<AdmittedBy>, StoreError> {
    let Some(at) = row.time_or_null("admitted_at")? else {
        return Ok(None);
    };
    Ok(Some(AdmittedBy {
        at,
        account: row.id("admitted_by")?,
        display_name: row.pii("admitted_by_name")?,
    }))
}

fn device_check(row: &PgRow) -> Result<Option<DeviceCheck>, StoreError> {
    let part = |column| row.word_or_null(TABLE, column, DeviceResult::from_name);
    let parts = (part("camera")?, part("microphone")?, part("network")?);
    let (Some(camera), Some(microphone), Some(network)) = parts else {
        return Ok(None);
    };
    Ok(Some(DeviceCheck {
        camera,
        microphone,
        network,
    }))
}

/// The visit as it stands at `now`.
pub(crate) async fn find(
    conn: &mut Connection,
    sealer: &Sealer,
    id: VisitId,
    now: Timestamp,
) -> Result<Option<VisitRecord>, StoreError> {
    let row = sqlx::query(select!("where v.id = $2"))
        .bind(now.to_sqlx())
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    let keys = unlock(sealer, &row, &SEALED).await?;
    row.as_ref().map(|row| record(row, &keys)).transpose()
}

/// The visit, locked until the transaction ends. Two statements: the second sees what was waited for.
pub(crate) async fn lock(
    conn: &mut Connection,
    sealer: &Sealer,
    id: VisitId,
    now: Timestamp,
) -> Result<Option<VisitRecord>, StoreError> {
    sqlx::query("select from core.visit where id = $1 for update")
        .bind(id.as_uuid())
        .execute(&mut *conn)
        .await?;
    find(conn, sealer, id, now).await
}

/// Whose visits to list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose {
    /// Everybody's of a clinic.
    Clinic(ClinicId),
    /// Those a clinician conducts.
    Provider(ProviderId),
    /// Those of the patient that is this account, and of patients who granted it something.
    Account(AccountId),
}

/// Which visits to list; every given part must hold.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) whose: Whose,
    /// Starting at or after.
    pub(crate) from: Option<Timestamp>,
    /// Starting before.
    pub(crate) to: Option<Timestamp>,
    pub(crate) state: Option<VisitState>,
    /// After this start and visit.
    pub(crate) after: Option<(Timestamp, VisitId)>,
}

/// Up to `limit` visits that pass `filter`, by start.
pub(crate) async fn list(
    conn: &mut Connection,
    sealer: &Sealer,
    filter: &Filter,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<VisitRecord>, StoreError> {
    let (clinic, provider, account) = match filter.whose {
        Whose::Clinic(id) => (Some(id.as_uuid()), None, None),
        Whose::Provider(id) => (None, Some(id.as_uuid()), None),
        Whose::Account(id) => (None, None, Some(id.as_uuid())),
    };
    let rows = sqlx::query(select!(
        "where ($2::uuid is null or t.clinic_id = $2) \
         and ($3::uuid is null or t.provider_id = $3) \
         and ($4::uuid is null or t.patient_id in ( \
             select id from core.patient where account_id = $4 \
             union select patient_id from core.proxy_grant \
             where account_id = $4 and revoked_at is null)) \
         and ($5::timestamptz is null or t.starts_at >= $5) \
         and ($6::timestamptz is null or t.starts_at < $6) \
         and ($7::text is null or v.state = $7) \
         and ($8::timestamptz is null or (t.starts_at, v.id) > ($8, $9)) \
         order by t.starts_at, v.id limit $10"
    ))
    .bind(now.to_sqlx())
    .bind(clinic)
    .bind(provider)
    .bind(account)
    .bind(filter.from.map(|from| from.to_sqlx()))
    .bind(filter.to.map(|to| to.to_sqlx()))
    .bind(filter.state.map(VisitState::name))
    .bind(filter.after.map(|(starts_at, _)| starts_at.to_sqlx()))
    .bind(filter.after.map(|(_, id)| id.as_uuid()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let keys = unlock(sealer, &rows, &SEALED).await?;
    rows.iter().map(|row| record(row, &keys)).collect()
}

/// Stores the visit of a new appointment.
pub(crate) async fn insert(
    conn: &mut Connection,
    id: VisitId,
    appointment: domain::AppointmentId,
) -> Result<(), StoreError> {
    sqlx::query("insert into core.visit (id, appointment_id, state) values ($1, $2, 'scheduled')")
        .bind(id.as_uuid())
        .bind(appointment.as_uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves the visit to `to` and stamps what that state stands for. Entered again, a state keeps
/// its first arrival and start, and takes its newest admission.
pub(crate) async fn set_state(
    conn: &mut Connection,
    id: VisitId,
    to: VisitState,
    now: Timestamp,
    by: Option<AccountId>,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.visit set state = $2, version = version + 1, \
         checked_in_at = case when $2 = 'checked_in' then $3 else checked_in_at end, \
         ready_at = case when $2 = 'ready' then coalesce(ready_at, $3) else ready_at end, \
         admitted_at = case when $2 = 'admitted' then $3 \
             when $2 = 'ready' then null else admitted_at end, \
         admitted_by = case when $2 = 'admitted' then $4 \
             when $2 = 'ready' then null else admitted_by end, \
         started_at = case when $2 = 'in_progress' then coalesce(started_at, $3) \
             else started_at end, \
         ended_at = case when $2 in ('completed', 'cancelled', 'no_show') then $3 \
             else ended_at end \
         where id = $1",
    )
    .bind(id.as_uuid())
    .bind(to.name())
    .bind(now.to_sqlx())
    .bind(by.map(AccountId::as_uuid))
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps what the patient's device check found.
pub(crate) async fn set_device_check(
    conn: &mut Connection,
    id: VisitId,
    check: DeviceCheck,
) -> Result<(), StoreError> {
    sqlx::query("update core.visit set camera = $2, microphone = $3, network = $4 where id = $1")
        .bind(id.as_uuid())
        .bind(check.camera.name())
        .bind(check.microphone.name())
        .bind(check.network.name())
        .execute(conn)
        .await?;
    Ok(())
}
