//! The SQL of whom a clinic could send, and of who is in a room.

use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, Pii, VisitId};
use sqlx::postgres::PgRow;

use crate::store::Cells as _;

/// Somebody who works for the clinic.
pub(crate) struct Staff {
    pub(crate) account: AccountId,
    pub(crate) display_name: Pii<String>,
    pub(crate) specialty: Option<String>,
}

fn staff(row: &PgRow) -> Result<Staff, StoreError> {
    Ok(Staff {
        account: row.id("id")?,
        display_name: row.pii("display_name")?,
        specialty: row.cell("specialty")?,
    })
}

/// The people of `clinic` with an account who are not there as patients, by name.
pub(crate) async fn colleagues(
    conn: &mut Connection,
    clinic: ClinicId,
    limit: i64,
) -> Result<Vec<Staff>, StoreError> {
    let rows = sqlx::query(
        "select a.id, a.display_name, r.specialty from core.account a \
         left join core.provider r on r.account_id = a.id \
         where a.clinic_id = $1 and a.disabled_at is null and not a.roles <@ array['patient', 'family_member'] \
         order by a.display_name, a.id limit $2",
    )
    .bind(clinic.as_uuid())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(staff).collect()
}

/// Whether `account` works for `clinic` and can sign in.
pub(crate) async fn is_colleague(
    conn: &mut Connection,
    clinic: ClinicId,
    account: AccountId,
) -> Result<bool, StoreError> {
    let found: Option<bool> = sqlx::query_scalar(
        "select true from core.account where id = $2 and clinic_id = $1 \
         and disabled_at is null and not roles <@ array['patient', 'family_member']",
    )
    .bind(clinic.as_uuid())
    .bind(account.as_uuid())
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Who is in the media room of `visit`, as far as its journal tells: a session that came and has
/// not gone.
pub(crate) async fn present(
    conn: &mut Connection,
    visit: VisitId,
) -> Result<Vec<AccountId>, StoreError> {
    let rows = sqlx::query(
        "select distinct id from (select distinct on (account_id, participant) \
             account_id as id, kind from core.visit_journal \
             where visit_id = $1 and kind in ('joined', 'resumed', 'left') \
             order by account_id, participant, number desc) s where kind <> 'left'",
    )
    .bind(visit.as_uuid())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.id("id")).collect()
}
