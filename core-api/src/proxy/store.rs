//! The SQL of grants. Whether a grant counts at a moment is decided by `core.standing` and, for a
//! parent's, by the date of birth, which only the program can read.

use ::store::sealing::{Aad, Sealer};
use ::store::{Connection, StoreError};
use domain::permission::ProxyLevel;
use domain::{AccountId, OrganisationId, PatientId, Pii, ProxyGrantId, Role};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::access::store::standing_columns;
use crate::proxy::dto::{ProxyGrant, RepresentedPatient};
use crate::proxy::model::{Basis, NewGrant};
use crate::store::{Cells as _, key_of_patient, seal, unlock};
use crate::{access, patient};

const TABLE: &str = "core.proxy_grant";
/// Grants, and patients, shown at most.
const MOST: i64 = 200;

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select g.id, g.patient_id, g.account_id, a.display_name, g.level, g.basis, \
             g.starts_at, g.ends_at, g.granted_at, g.granted_by, g.revoked_at \
             from core.proxy_grant g join core.account a on a.id = g.account_id ",
            $tail
        )
    };
}

fn grant(row: &PgRow) -> Result<ProxyGrant, StoreError> {
    Ok(ProxyGrant {
        id: row.id("id")?,
        patient_id: row.id("patient_id")?,
        account_id: row.id("account_id")?,
        display_name: row.cell("display_name")?,
        level: row.word(TABLE, "level", ProxyLevel::from_name)?.into(),
        basis: row.word(TABLE, "basis", Basis::from_name)?,
        starts_at: row.time("starts_at")?,
        ends_at: row.time_or_null("ends_at")?,
        granted_at: row.time("granted_at")?,
        granted_by: row.id("granted_by")?,
        revoked_at: row.time_or_null("revoked_at")?,
    })
}

/// The patient's grants, newest first.
pub(crate) async fn list(
    conn: &mut Connection,
    patient: PatientId,
) -> Result<Vec<ProxyGrant>, StoreError> {
    let rows = sqlx::query(select!(
        "where g.patient_id = $1 order by g.granted_at desc, g.id desc limit $2"
    ))
    .bind(patient.as_uuid())
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    rows.iter().map(grant).collect()
}

/// One of the patient's grants.
pub(crate) async fn find(
    conn: &mut Connection,
    patient: PatientId,
    id: ProxyGrantId,
) -> Result<Option<ProxyGrant>, StoreError> {
    let row = sqlx::query(select!("where g.patient_id = $1 and g.id = $2"))
        .bind(patient.as_uuid())
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(grant).transpose()
}

/// The account of the family member with this address, if there is one in `organisation`.
pub(crate) async fn family_member(
    conn: &mut Connection,
    email: &str,
    organisation: OrganisationId,
) -> Result<Option<AccountId>, StoreError> {
    let row = sqlx::query(
        "select id from core.account where email = $1 and organisation_id = $2 \
         and disabled_at is null and $3 = any(roles)",
    )
    .bind(email)
    .bind(organisation.as_uuid())
    .bind(Role::FamilyMember.name())
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.id("id")).transpose()
}

/// Stores a new grant.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    new: &NewGrant,
) -> Result<(), StoreError> {
    let place = Aad {
        table: TABLE,
        column: "documents_sealed",
        row: new.id.as_uuid(),
    };
    let documents = match new.documents.as_ref().map(Pii::reveal) {
        Some(text) => {
            let key = key_of_patient(conn, sealer, new.patient).await?;
            Some(seal(&key, place, text)?)
        }
        None => None,
    };
    sqlx::query(
        "insert into core.proxy_grant (id, patient_id, account_id, level, basis, \
         documents_sealed, starts_at, ends_at, granted_at, granted_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id.as_uuid())
    .bind(new.patient.as_uuid())
    .bind(new.account.as_uuid())
    .bind(new.level.name())
    .bind(new.basis.name())
    .bind(documents)
    .bind(new.period.starts_at.to_sqlx())
    .bind(new.period.ends_at.map(|at| at.to_sqlx()))
    .bind(new.granted_at.to_sqlx())
    .bind(new.granted_by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a grant back; one taken back before stays as it is.
pub(crate) async fn revoke(
    conn: &mut Connection,
    id: ProxyGrantId,
    now: Timestamp,
    by: AccountId,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.proxy_grant set revoked_at = $2, revoked_by = $3 \
         where id = $1 and revoked_at is null",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .bind(by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// Whom `account`, which this transaction serves, acts for now, by name.
pub(crate) async fn represented(
    conn: &mut Connection,
    sealer: &Sealer,
    account: AccountId,
) -> Result<Vec<RepresentedPatient>, StoreError> {
    let rows = sqlx::query(concat!(
        "select p.id, p.display_name_sealed, p.date_of_birth_sealed, ",
        standing_columns!(),
        " from core.patient p join lateral core.standing(p.id) k on true \
         where p.id in (select patient_id from core.proxy_grant \
             where account_id = $1 and revoked_at is null) \
         order by p.id limit $2"
    ))
    .bind(account.as_uuid())
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    let keys = unlock(
        sealer,
        &rows,
        &["display_name_sealed", "date_of_birth_sealed"],
    )
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        let id: PatientId = row.id("id")?;
        let born = patient::store::birth(row, &keys, id)?;
        if let Some((_, level)) = access::store::proxy(row, born)? {
            found.push(RepresentedPatient {
                patient_id: id,
                display_name: patient::store::name(row, &keys, id)?.into_inner(),
                level: level.into(),
            });
        }
    }
    found.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    Ok(found)
}
