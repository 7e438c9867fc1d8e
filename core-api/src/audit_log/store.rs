//! The SQL that gives the actors of audit rows their names.

use std::collections::HashMap;

use ::store::{Connection, StoreError};
use domain::{AccountId, Pii};
use uuid::Uuid;

use crate::store::Cells as _;

/// The names of `accounts`, disabled ones too.
pub(crate) async fn names(
    conn: &mut Connection,
    accounts: &[Uuid],
) -> Result<HashMap<AccountId, Pii<String>>, StoreError> {
    let rows = sqlx::query("select id, display_name from core.account where id = any($1)")
        .bind(accounts)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, row.pii("display_name")?)))
        .collect()
}
