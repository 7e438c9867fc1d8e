//! The SQL of clinicians.

use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, ProviderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use crate::account::model::NewRecord;
use crate::provider::dto::Provider;
use crate::store::Cells as _;

/// Up to `limit` clinicians of `clinic` by name, after the given name and id.
pub(crate) async fn list(
    conn: &mut Connection,
    clinic: ClinicId,
    after: Option<&(String, ProviderId)>,
    limit: i64,
) -> Result<Vec<Provider>, StoreError> {
    let rows = sqlx::query(
        "select r.id, r.account_id, a.display_name, r.specialty \
         from core.provider r join core.account a on a.id = r.account_id \
         where r.clinic_id = $1 and a.disabled_at is null \
         and ($2::text is null or (a.display_name, r.id) > ($2, $3)) \
         order by a.display_name, r.id limit $4",
    )
    .bind(clinic.as_uuid())
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id.as_uuid()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Provider {
                id: row.id("id")?,
                account_id: row.id("account_id")?,
                display_name: row.cell("display_name")?,
                specialty: row.cell("specialty")?,
            })
        })
        .collect()
}

/// The account of the clinician `id`, if they work for `clinic` and may sign in.
pub(crate) async fn account(
    conn: &mut Connection,
    id: ProviderId,
    clinic: ClinicId,
) -> Result<Option<AccountId>, StoreError> {
    let row = sqlx::query(
        "select a.id from core.provider r join core.account a on a.id = r.account_id \
         where r.id = $1 and r.clinic_id = $2 and a.disabled_at is null",
    )
    .bind(id.as_uuid())
    .bind(clinic.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.id("id")).transpose()
}

/// Stores the clinician that `account` is.
pub(crate) async fn insert(
    conn: &mut Connection,
    id: ProviderId,
    account: &NewRecord,
    specialty: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.provider (id, clinic_id, account_id, specialty, created_at) \
         values ($1, $2, $3, $4, $5)",
    )
    .bind(id.as_uuid())
    .bind(account.clinic.as_uuid())
    .bind(account.id.as_uuid())
    .bind(specialty)
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}
