//! The SQL of patients. Who they are is sealed under a key of each patient's own (ADR 16).

mod erasure;
mod names;
mod person;
mod plain;

use ::store::sealing::{Owner, Sealer, SealingKey, Unlocked};
use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, OrganisationId, PatientId, Pii};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::access;
use crate::access::store::standing_columns;
use crate::patient::model::{Details, PatientRecord, Sex};
use crate::store::{Cells as _, key_of_patient, seal, unlock};

pub(crate) use erasure::erase;
pub(crate) use names::Names;
pub(crate) use person::{ERASED_BIRTH, birth, name, text};
pub(crate) use plain::seal_some;

const TABLE: &str = "core.patient";
/// The sealed columns of a row.
const SEALED: [&str; 5] = [
    "display_name_sealed",
    "date_of_birth_sealed",
    "pronouns_sealed",
    "phone_sealed",
    "email_sealed",
];

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select p.id, p.clinic_id, p.organisation_id, p.account_id, p.version, \
             p.display_name_sealed, p.date_of_birth_sealed, p.sex, p.pronouns_sealed, \
             p.phone_sealed, p.email_sealed, p.preferred_language, ",
            standing_columns!(),
            " from core.patient p left join lateral core.standing(p.id) k on true ",
            $tail
        )
    };
}

fn record(row: &PgRow, keys: &Unlocked) -> Result<PatientRecord, StoreError> {
    let id: PatientId = row.id("id")?;
    let born = birth(row, keys, id)?;
    let sealed = |column| text(row, keys, id, column);
    Ok(PatientRecord {
        id,
        clinic: row.id("clinic_id")?,
        account: row.id_or_null("account_id")?,
        version: row.cell("version")?,
        details: Details {
            display_name: name(row, keys, id)?,
            date_of_birth: born.unwrap_or(ERASED_BIRTH),
            sex: row.word(TABLE, "sex", Sex::from_name)?,
            pronouns: sealed("pronouns_sealed")?,
            phone: sealed("phone_sealed")?,
            email: sealed("email_sealed")?,
            preferred_language: row.cell("preferred_language")?,
        },
        reach: Some(access::store::of_row(row, born)?),
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

/// The patients `ids`, in that order, as far as whoever the transaction serves sees them.
pub(crate) async fn some(
    conn: &mut Connection,
    sealer: &Sealer,
    ids: &[PatientId],
) -> Result<Vec<PatientRecord>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query(select!(
        "where p.id = any($1) order by array_position($1, p.id)"
    ))
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let keys = unlock(sealer, &rows, &SEALED).await?;
    rows.iter().map(|row| record(row, &keys)).collect()
}

/// The first patient of `clinic` with this family name and date of birth.
pub(crate) async fn find_person(
    conn: &mut Connection,
    sealer: &Sealer,
    clinic: ClinicId,
    name: &Pii<String>,
    born: Date,
) -> Result<Option<PatientId>, StoreError> {
    let organisation = organisation_of(conn, clinic).await?;
    let token = blind(sealer, organisation, name, born).await?;
    let row = sqlx::query(
        "select id from core.patient where clinic_id = $1 and person_blind = $2 \
         order by created_at, id limit 1",
    )
    .bind(clinic.as_uuid())
    .bind(token)
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.id("id")).transpose()
}

async fn organisation_of(
    conn: &mut Connection,
    clinic: ClinicId,
) -> Result<OrganisationId, StoreError> {
    let id: Uuid = sqlx::query_scalar("select organisation_id from core.clinic where id = $1")
        .bind(clinic.as_uuid())
        .fetch_one(conn)
        .await?;
    Ok(id.into())
}

/// The token by which a person is found again.
async fn blind(
    sealer: &Sealer,
    organisation: OrganisationId,
    name: &Pii<String>,
    born: Date,
) -> Result<Vec<u8>, StoreError> {
    let index = sealer.index(Some(organisation)).await?;
    let family = name
        .reveal()
        .split_whitespace()
        .next_back()
        .unwrap_or_default();
    Ok(index.token("core.patient.person_blind", &[family, &born.to_string()]))
}

/// Stores a new patient; its version is the one in `patient`.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: &PatientRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let organisation = organisation_of(conn, patient.clinic).await?;
    let owner = Owner::Subject {
        organisation: Some(organisation),
        subject: patient.id.as_uuid(),
    };
    let key = sealer.key(owner).await?;
    let sealed = Sealed::of(sealer, &key, organisation, patient).await?;
    sqlx::query(
        "insert into core.patient (id, clinic_id, account_id, version, display_name_sealed, \
         date_of_birth_sealed, sex, pronouns_sealed, phone_sealed, email_sealed, \
         preferred_language, created_at, updated_at, person_blind) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)",
    )
    .bind(patient.id.as_uuid())
    .bind(patient.clinic.as_uuid())
    .bind(patient.account.map(AccountId::as_uuid))
    .bind(patient.version)
    .bind(sealed.name)
    .bind(sealed.birth)
    .bind(patient.details.sex.name())
    .bind(sealed.pronouns)
    .bind(sealed.phone)
    .bind(sealed.email)
    .bind(&patient.details.preferred_language)
    .bind(now.to_sqlx())
    .bind(sealed.blind)
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the details; the version grows by one. [`StoreError::Erased`] for an erased patient.
pub(crate) async fn update(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: &PatientRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = key_of_patient(conn, sealer, patient.id).await?;
    let organisation = organisation_of(conn, patient.clinic).await?;
    let sealed = Sealed::of(sealer, &key, organisation, patient).await?;
    let done = sqlx::query(
        "update core.patient set version = version + 1, display_name_sealed = $2, \
         date_of_birth_sealed = $3, sex = $4, pronouns_sealed = $5, phone_sealed = $6, \
         email_sealed = $7, preferred_language = $8, updated_at = $9, person_blind = $10 \
         where id = $1 and erased_at is null",
    )
    .bind(patient.id.as_uuid())
    .bind(sealed.name)
    .bind(sealed.birth)
    .bind(patient.details.sex.name())
    .bind(sealed.pronouns)
    .bind(sealed.phone)
    .bind(sealed.email)
    .bind(&patient.details.preferred_language)
    .bind(now.to_sqlx())
    .bind(sealed.blind)
    .execute(conn)
    .await?;
    match done.rows_affected() {
        0 => Err(StoreError::Erased),
        _ => Ok(()),
    }
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

/// The details of a patient as they are stored.
struct Sealed {
    name: Option<Vec<u8>>,
    birth: Option<Vec<u8>>,
    pronouns: Option<Vec<u8>>,
    phone: Option<Vec<u8>>,
    email: Option<Vec<u8>>,
    blind: Vec<u8>,
}

impl Sealed {
    async fn of(
        sealer: &Sealer,
        key: &SealingKey,
        organisation: OrganisationId,
        patient: &PatientRecord,
    ) -> Result<Self, StoreError> {
        let (id, details) = (patient.id, &patient.details);
        let birth = Pii::new(details.date_of_birth.to_string());
        let (name, born) = (&details.display_name, details.date_of_birth);
        Ok(Self {
            name: seal_text(key, id, "display_name_sealed", Some(name))?,
            birth: seal_text(key, id, "date_of_birth_sealed", Some(&birth))?,
            pronouns: seal_text(key, id, "pronouns_sealed", details.pronouns.as_ref())?,
            phone: seal_text(key, id, "phone_sealed", details.phone.as_ref())?,
            email: seal_text(key, id, "email_sealed", details.email.as_ref())?,
            blind: blind(sealer, organisation, name, born).await?,
        })
    }
}

fn seal_text(
    key: &SealingKey,
    id: PatientId,
    column: &'static str,
    text: Option<&Pii<String>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    text.map(|text| seal(key, person::place(id, column), text.reveal()))
        .transpose()
}
