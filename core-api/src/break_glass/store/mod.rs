//! The SQL of emergency accesses and of notices.

mod notice;

use ::store::sealing::{Aad, Sealer, Unlocked};
use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, EmergencyAccessId, OrganisationId, PatientId, Pii};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::break_glass::dto::EmergencyAccess;
use crate::break_glass::model::{Finding, NewAccess, ReviewState};
use crate::store::{Cells as _, key_of_patient, open, seal, unlock};

pub(crate) use notice::{NewNotice, Receiver, notices, tell};

const TABLE: &str = "core.emergency_access";
/// The sealed columns of a row.
const SEALED: [&str; 2] = ["reason_sealed", "review_note_sealed"];

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select e.id, e.patient_id, e.account_id, a.display_name, e.reason_sealed, \
             e.started_at, e.ends_at, e.review_state, e.escalated_at, e.reviewed_at, \
             e.reviewed_by, e.review_note_sealed \
             from core.emergency_access e join core.account a on a.id = e.account_id ",
            $tail
        )
    };
}

fn place(id: EmergencyAccessId, column: &'static str) -> Aad {
    Aad {
        table: TABLE,
        column,
        row: id.as_uuid(),
    }
}

fn access(row: &PgRow, keys: &Unlocked) -> Result<EmergencyAccess, StoreError> {
    let id: EmergencyAccessId = row.id("id")?;
    let reason = open(
        keys,
        place(id, "reason_sealed"),
        row.cell::<Vec<u8>>("reason_sealed")?,
    )?;
    let note: Option<Vec<u8>> = row.cell("review_note_sealed")?;
    let note = note.map(|sealed| open(keys, place(id, "review_note_sealed"), sealed));
    Ok(EmergencyAccess {
        id,
        patient_id: row.id("patient_id")?,
        account_id: row.id("account_id")?,
        display_name: row.cell("display_name")?,
        reason: reason.into_inner(),
        started_at: row.time("started_at")?,
        ends_at: row.time("ends_at")?,
        review_state: row.word(TABLE, "review_state", ReviewState::from_name)?,
        escalated_at: row.time_or_null("escalated_at")?,
        reviewed_at: row.time_or_null("reviewed_at")?,
        reviewed_by: row.id_or_null("reviewed_by")?,
        review_note: note.transpose()?.map(Pii::into_inner),
    })
}

/// Stores a new emergency access.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    new: &NewAccess,
) -> Result<(), StoreError> {
    let key = key_of_patient(conn, sealer, new.patient).await?;
    let reason = seal(&key, place(new.id, "reason_sealed"), new.reason.reveal())?;
    sqlx::query(
        "insert into core.emergency_access \
         (id, patient_id, organisation_id, account_id, reason_sealed, started_at, ends_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id.as_uuid())
    .bind(new.patient.as_uuid())
    .bind(new.organisation.as_uuid())
    .bind(new.account.as_uuid())
    .bind(reason)
    .bind(new.started_at.to_sqlx())
    .bind(new.ends_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// The emergency access, if it is of `organisation`.
pub(crate) async fn find(
    conn: &mut Connection,
    sealer: &Sealer,
    organisation: OrganisationId,
    id: EmergencyAccessId,
) -> Result<Option<EmergencyAccess>, StoreError> {
    let row = sqlx::query(select!("where e.id = $1 and e.organisation_id = $2"))
        .bind(id.as_uuid())
        .bind(organisation.as_uuid())
        .fetch_optional(conn)
        .await?;
    let keys = unlock(sealer, &row, &SEALED).await?;
    row.as_ref().map(|row| access(row, &keys)).transpose()
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(
    conn: &mut Connection,
    sealer: &Sealer,
    organisation: OrganisationId,
    id: EmergencyAccessId,
) -> Result<Option<EmergencyAccess>, StoreError> {
    let row = sqlx::query(select!(
        "where e.id = $1 and e.organisation_id = $2 for update of e"
    ))
    .bind(id.as_uuid())
    .bind(organisation.as_uuid())
    .fetch_optional(conn)
    .await?;
    let keys = unlock(sealer, &row, &SEALED).await?;
    row.as_ref().map(|row| access(row, &keys)).transpose()
}

/// Up to `limit` emergency accesses of `organisation`, newest first, after the given one.
pub(crate) async fn list(
    conn: &mut Connection,
    sealer: &Sealer,
    organisation: OrganisationId,
    state: Option<ReviewState>,
    after: Option<(Timestamp, EmergencyAccessId)>,
    limit: i64,
) -> Result<Vec<EmergencyAccess>, StoreError> {
    let rows = sqlx::query(select!(
        "where e.organisation_id = $1 and ($2::text is null or e.review_state = $2) \
         and ($3::timestamptz is null or (e.started_at, e.id) < ($3, $4)) \
         order by e.started_at desc, e.id desc limit $5"
    ))
    .bind(organisation.as_uuid())
    .bind(state.map(ReviewState::name))
    .bind(after.map(|(at, _)| at.to_sqlx()))
    .bind(after.map(|(_, id)| id.as_uuid()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let keys = unlock(sealer, &rows, &SEALED).await?;
    rows.iter().map(|row| access(row, &keys)).collect()
}

/// Keeps what a review found.
pub(crate) async fn review(
    conn: &mut Connection,
    sealer: &Sealer,
    (id, patient): (EmergencyAccessId, PatientId),
    (finding, note): (Finding, &Pii<String>),
    (by, now): (AccountId, Timestamp),
) -> Result<(), StoreError> {
    let key = key_of_patient(conn, sealer, patient).await?;
    let note = seal(&key, place(id, "review_note_sealed"), note.reveal())?;
    sqlx::query(
        "update core.emergency_access set review_state = $2, review_note_sealed = $3, \
         reviewed_by = $4, reviewed_at = $5 where id = $1",
    )
    .bind(id.as_uuid())
    .bind(finding.state().name())
    .bind(note)
    .bind(by.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// An access whose review is late.
pub(crate) struct Overdue {
    pub(crate) id: EmergencyAccessId,
    pub(crate) patient: PatientId,
    pub(crate) organisation: OrganisationId,
    pub(crate) clinic: ClinicId,
}

/// Escalates up to `limit` open reviews of accesses begun at or before `until`, and names them.
pub(crate) async fn escalate(
    conn: &mut Connection,
    until: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Overdue>, StoreError> {
    let rows = sqlx::query(
        "update core.emergency_access e set review_state = 'escalated', escalated_at = $2 \
         from core.patient p where p.id = e.patient_id and e.id in ( \
             select id from core.emergency_access \
             where review_state = 'open' and started_at <= $1 \
             order by started_at limit $3 for update skip locked \
         ) returning e.id, e.patient_id, e.organisation_id, p.clinic_id",
    )
    .bind(until.to_sqlx())
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Overdue {
                id: row.id("id")?,
                patient: row.id("patient_id")?,
                organisation: row.id("organisation_id")?,
                clinic: row.id("clinic_id")?,
            })
        })
        .collect()
}

/// The account of a patient, if they have one.
pub(crate) async fn account_of(
    conn: &mut Connection,
    patient: PatientId,
) -> Result<Option<AccountId>, StoreError> {
    let row = sqlx::query("select account_id from core.patient where id = $1")
        .bind(patient.as_uuid())
        .fetch_optional(conn)
        .await?;
    match row {
        Some(row) => row.id_or_null("account_id"),
        None => Ok(None),
    }
}
