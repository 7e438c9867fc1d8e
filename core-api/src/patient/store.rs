//! The SQL of patients.

use ::store::sealing::{Aad, Sealer};
use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, PatientId, Pii, ProviderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::patient::model::{Details, PatientRecord, Sex};
use crate::store::{Cells as _, open, seal};

const TABLE: &str = "core.patient";

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select id, clinic_id, account_id, version, display_name, date_of_birth, sex, \
             pronouns, phone_sealed, email_sealed, preferred_language from core.patient ",
            $tail
        )
    };
}

fn place(id: PatientId, column: &'static str) -> Aad {
    Aad {
        table: TABLE,
        column,
        row: id.as_uuid(),
    }
}

fn record(row: &PgRow, sealer: &Sealer) -> Result<PatientRecord, StoreError> {
    let id: PatientId = row.id("id")?;
    let opened = |column| -> Result<Option<Pii<String>>, StoreError> {
        let sealed: Option<Vec<u8>> = row.cell(column)?;
        sealed
            .map(|sealed| open(sealer, place(id, column), sealed))
            .transpose()
    };
    Ok(PatientRecord {
        id,
        clinic: row.id("clinic_id")?,
        account: row.id_or_null("account_id")?,
        version: row.cell("version")?,
        details: Details {
            display_name: row.pii("display_name")?,
            date_of_birth: row.date("date_of_birth")?,
            sex: row.word(TABLE, "sex", Sex::from_name)?,
            pronouns: row.pii_or_null("pronouns")?,
            phone: opened("phone_sealed")?,
            email: opened("email_sealed")?,
            preferred_language: row.cell("preferred_language")?,
        },
    })
}

/// The patient.
pub(crate) async fn find(
    conn: &mut Connection,
    sealer: &Sealer,
    id: PatientId,
) -> Result<Option<PatientRecord>, StoreError> {
    let row = sqlx::query(select!("where id = $1"))
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.map(|row| record(&row, sealer)).transpose()
}

/// The patient, locked until the transaction ends.
pub(crate) async fn lock(
    conn: &mut Connection,
    sealer: &Sealer,
    id: PatientId,
) -> Result<Option<PatientRecord>, StoreError> {
    let row = sqlx::query(select!("where id = $1 for update"))
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.map(|row| record(&row, sealer)).transpose()
}

/// Up to `limit` patients of `clinic` whose name contains `part`, by name, after the given name
/// and id.
pub(crate) async fn list(
    conn: &mut Connection,
    sealer: &Sealer,
    clinic: ClinicId,
    part: Option<&str>,
    after: Option<&(String, PatientId)>,
    limit: i64,
) -> Result<Vec<PatientRecord>, StoreError> {
    let rows = sqlx::query(select!(
        "where clinic_id = $1 \
         and ($2::text is null or position(lower($2) in lower(display_name)) > 0) \
         and ($3::text is null or (display_name, id) > ($3, $4)) \
         order by display_name, id limit $5"
    ))
    .bind(clinic.as_uuid())
    .bind(part)
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id.as_uuid()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| record(row, sealer)).collect()
}

/// Whether `provider` has, or had, an appointment with the patient that was not called off.
pub(crate) async fn is_in_care_of(
    conn: &mut Connection,
    id: PatientId,
    provider: ProviderId,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "select exists (select from core.appointment t \
         join core.visit v on v.appointment_id = t.id \
         where t.patient_id = $1 and t.provider_id = $2 and v.state <> 'cancelled')",
    )
    .bind(id.as_uuid())
    .bind(provider.as_uuid())
    .fetch_one(conn)
    .await?)
}

/// Stores a new patient; its version is the one in `patient`.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: &PatientRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let details = &patient.details;
    sqlx::query(
        "insert into core.patient (id, clinic_id, account_id, version, display_name, \
         date_of_birth, sex, pronouns, phone_sealed, email_sealed, preferred_language, \
         created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
    )
    .bind(patient.id.as_uuid())
    .bind(patient.clinic.as_uuid())
    .bind(patient.account.map(AccountId::as_uuid))
    .bind(patient.version)
    .bind(details.display_name.reveal())
    .bind(details.date_of_birth.to_sqlx())
    .bind(details.sex.name())
    .bind(details.pronouns.as_ref().map(Pii::reveal))
    .bind(sealed(
        sealer,
        patient.id,
        "phone_sealed",
        details.phone.as_ref(),
    )?)
    .bind(sealed(
        sealer,
        patient.id,
        "email_sealed",
        details.email.as_ref(),
    )?)
    .bind(&details.preferred_language)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the details; the version grows by one.
pub(crate) async fn update(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: &PatientRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let details = &patient.details;
    sqlx::query(
        "update core.patient set version = version + 1, display_name = $2, date_of_birth = $3, \
         sex = $4, pronouns = $5, phone_sealed = $6, email_sealed = $7, \
         preferred_language = $8, updated_at = $9 where id = $1",
    )
    .bind(patient.id.as_uuid())
    .bind(details.display_name.reveal())
    .bind(details.date_of_birth.to_sqlx())
    .bind(details.sex.name())
    .bind(details.pronouns.as_ref().map(Pii::reveal))
    .bind(sealed(
        sealer,
        patient.id,
        "phone_sealed",
        details.phone.as_ref(),
    )?)
    .bind(sealed(
        sealer,
        patient.id,
        "email_sealed",
        details.email.as_ref(),
    )?)
    .bind(&details.preferred_language)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Links the patient to the account they sign in with; false when there is no such patient in
/// `clinic`, or they have one.
pub(crate) async fn give_account(
    conn: &mut Connection,
    id: PatientId,
    clinic: ClinicId,
    account: AccountId,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update core.patient set account_id = $3, version = version + 1 \
         where id = $1 and clinic_id = $2 and account_id is null",
    )
    .bind(id.as_uuid())
    .bind(clinic.as_uuid())
    .bind(account.as_uuid())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn sealed(
    sealer: &Sealer,
    id: PatientId,
    column: &'static str,
    text: Option<&Pii<String>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    text.map(|text| seal(sealer, place(id, column), text.reveal()))
        .transpose()
}
