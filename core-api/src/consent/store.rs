//! The SQL of consents.

use ::store::{Connection, StoreError};
use domain::{AccountId, ConsentDocumentId, ConsentId, PatientId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::consent::dto::{Consent, ConsentDocument};
use crate::consent::model::{ConsentKind, NewConsent};
use crate::store::Cells as _;

/// A patient's consents shown at most; each text version can be given and withdrawn repeatedly.
const MOST: i64 = 200;

macro_rules! select_consent {
    ($tail:literal) => {
        concat!(
            "select c.id, d.kind, c.document_id, d.version, c.given_at, c.given_by, \
             c.withdrawn_at from core.consent c \
             join core.consent_document d on d.id = c.document_id ",
            $tail
        )
    };
}

fn document(row: &PgRow) -> Result<ConsentDocument, StoreError> {
    Ok(ConsentDocument {
        id: row.id("id")?,
        kind: row.word("core.consent_document", "kind", ConsentKind::from_name)?,
        version: row.cell("version")?,
        title: row.cell("title")?,
        body_markdown: row.cell("body_markdown")?,
        effective_at: row.time("effective_at")?,
    })
}

fn consent(row: &PgRow) -> Result<Consent, StoreError> {
    Ok(Consent {
        id: row.id("id")?,
        kind: row.word("core.consent_document", "kind", ConsentKind::from_name)?,
        document_id: row.id("document_id")?,
        version: row.cell("version")?,
        given_at: row.time("given_at")?,
        given_by: row.id("given_by")?,
        withdrawn_at: row.time_or_null("withdrawn_at")?,
    })
}

/// The text of `kind` in force at `now`: the newest that is effective.
pub(crate) async fn in_force(
    conn: &mut Connection,
    kind: ConsentKind,
    now: Timestamp,
) -> Result<Option<ConsentDocument>, StoreError> {
    let row = sqlx::query(
        "select id, kind, version, title, body_markdown, effective_at from core.consent_document \
         where kind = $1 and effective_at <= $2 order by version desc limit 1",
    )
    .bind(kind.name())
    .bind(now.to_sqlx())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(document).transpose()
}

/// Whether there is a text with this id.
pub(crate) async fn has_document(
    conn: &mut Connection,
    id: ConsentDocumentId,
) -> Result<bool, StoreError> {
    Ok(
        sqlx::query_scalar("select exists (select from core.consent_document where id = $1)")
            .bind(id.as_uuid())
            .fetch_one(conn)
            .await?,
    )
}

/// Stores a new text; false when this version is there already.
pub(crate) async fn insert_document(
    conn: &mut Connection,
    document: &ConsentDocument,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "insert into core.consent_document (id, kind, version, title, body_markdown, effective_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict (kind, version) do nothing",
    )
    .bind(document.id.as_uuid())
    .bind(document.kind.name())
    .bind(document.version)
    .bind(&document.title)
    .bind(&document.body_markdown)
    .bind(document.effective_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The patient's consents, newest first.
pub(crate) async fn list(
    conn: &mut Connection,
    patient: PatientId,
) -> Result<Vec<Consent>, StoreError> {
    let rows = sqlx::query(select_consent!(
        "where c.patient_id = $1 order by c.given_at desc, c.id desc limit $2"
    ))
    .bind(patient.as_uuid())
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    rows.iter().map(consent).collect()
}

/// One of the patient's consents.
pub(crate) async fn find(
    conn: &mut Connection,
    patient: PatientId,
    id: ConsentId,
) -> Result<Option<Consent>, StoreError> {
    let row = sqlx::query(select_consent!("where c.patient_id = $1 and c.id = $2"))
        .bind(patient.as_uuid())
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(consent).transpose()
}

/// The patient's standing consent to a text.
pub(crate) async fn standing(
    conn: &mut Connection,
    patient: PatientId,
    document: ConsentDocumentId,
) -> Result<Option<Consent>, StoreError> {
    let row = sqlx::query(select_consent!(
        "where c.patient_id = $1 and c.document_id = $2 and c.withdrawn_at is null"
    ))
    .bind(patient.as_uuid())
    .bind(document.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(consent).transpose()
}

/// Stores a new consent, unless one to that text stands.
pub(crate) async fn insert(conn: &mut Connection, consent: &NewConsent) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.consent (id, patient_id, document_id, given_at, given_by) \
         values ($1, $2, $3, $4, $5) on conflict do nothing",
    )
    .bind(consent.id.as_uuid())
    .bind(consent.patient.as_uuid())
    .bind(consent.document.as_uuid())
    .bind(consent.given_at.to_sqlx())
    .bind(consent.given_by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// Withdraws a standing consent; a withdrawn one stays as it is.
pub(crate) async fn withdraw(
    conn: &mut Connection,
    id: ConsentId,
    now: Timestamp,
    by: AccountId,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.consent set withdrawn_at = $2, withdrawn_by = $3 \
         where id = $1 and withdrawn_at is null",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .bind(by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}
