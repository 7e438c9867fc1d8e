//! The SQL of patients.

use ::store::sealing::{Aad, Owner, Sealer, SealingKey, Unlocked};
use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, PatientId, Pii};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::access;
use crate::access::store::standing_columns;
use crate::patient::model::{Details, PatientRecord, Sex};
use crate::store::{Cells as _, key_of_patient, open_unless_erased, seal, unlock};

const TABLE: &str = "core.patient";
/// The sealed columns of a row.
const SEALED: [&str; 2] = ["phone_sealed", "email_sealed"];

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select p.id, p.clinic_id, p.organisation_id, p.account_id, p.version, \
             p.display_name, p.date_of_birth, p.sex, p.pronouns, p.phone_sealed, \
             p.email_sealed, p.preferred_language, ",
            standing_columns!(),
            " from core.patient p left join lateral core.standing(p.id) k on true ",
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

fn record(row: &PgRow, keys: &Unlocked) -> Result<PatientRecord, StoreError> {
    let id: PatientId = row.id("id")?;
    let opened = |column| -> Result<Option<Pii<String>>, StoreError> {
        match row.cell::<Option<Vec<u8>>>(column)? {
            Some(sealed) => open_unless_erased(keys, place(id, column), sealed),
            None => Ok(None),
        }
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
        reach: Some(access::store::of_row(row)?),
    })
}

/// The patient.
pub(crate) async fn find(
    conn: &mut Connection,
    sealer: &Sealer,
    id: PatientId,
) -> Result<Option<PatientRecord>, StoreError> {
    let row = sqlx::query(select!("where p.id = $1"))
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    let keys = unlock(sealer, &row, &SEALED).await?;
    row.map(|row| record(&row, &keys)).transpose()
}

/// The patient, locked until the transaction ends.
pub(crate) async fn lock(
    conn: &mut Connection,
    sealer: &Sealer,
    id: PatientId,
) -> Result<Option<PatientRecord>, StoreError> {
    let row = sqlx::query(select!("where p.id = $1 for update of p"))
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    let keys = unlock(sealer, &row, &SEALED).await?;
    row.map(|row| record(&row, &keys)).transpose()
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
        "where p.clinic_id = $1 \
         and ($2::text is null or position(lower($2) in lower(p.display_name)) > 0) \
         and ($3::text is null or (p.display_name, p.id) > ($3, $4)) \
         order by p.display_name, p.id limit $5"
    ))
    .bind(clinic.as_uuid())
    .bind(part)
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id.as_uuid()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let keys = unlock(sealer, &rows, &SEALED).await?;
    rows.iter().map(|row| record(row, &keys)).collect()
}

/// Stores a new patient; its version is the one in `patient`.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: &PatientRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let organisation: Option<Uuid> =
        sqlx::query_scalar("select organisation_id from core.clinic where id = $1")
            .bind(patient.clinic.as_uuid())
            .fetch_optional(&mut *conn)
            .await?;
    let owner = Owner::Subject {
        organisation: organisation.map(Into::into),
        subject: patient.id.as_uuid(),
    };
    let key = sealer.key(owner).await?;
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
        &key,
        patient.id,
        "phone_sealed",
        details.phone.as_ref(),
    )?)
    .bind(sealed(
        &key,
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
    let key = key_of_patient(conn, sealer, patient.id).await?;
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
        &key,
        patient.id,
        "phone_sealed",
        details.phone.as_ref(),
    )?)
    .bind(sealed(
        &key,
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
    key: &SealingKey,
    id: PatientId,
    column: &'static str,
    text: Option<&Pii<String>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    text.map(|text| seal(key, place(id, column), text.reveal()))
        .transpose()
}
