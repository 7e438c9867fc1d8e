//! The SQL of rows that have no entry.

use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::{READABLE, Tail, Written, position, written};
use crate::audit::store::COLUMNS;
use crate::{Connection, StoreError};

/// Rows without an entry, whoever wrote them, with the transaction each names: up to `limit`, in
/// the order of their transactions, after the row `after`. Reads the whole log.
pub(in crate::audit) async fn without_entry(
    conn: &mut Connection,
    after: Option<(&str, Uuid)>,
    limit: u32,
) -> Result<Vec<Written>, StoreError> {
    let (xid, id) = after.unwrap_or(("0", Uuid::nil()));
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select {COLUMNS}, e.xid::text as xid from audit.event e \
         where not exists \
           (select from audit.leaf l where l.event_id = e.id and l.event_at = e.at) \
         and (e.xid, e.id) > ($1::xid8, $2) and {READABLE} order by e.xid, e.id limit $3"
    )))
    .bind(xid)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    written(&rows)
}

/// For each transaction, whether it comes before the last entry's, where no new row can be. After
/// a restore into another cluster nothing comes before.
pub(in crate::audit) async fn is_behind(
    conn: &mut Connection,
    xids: &[String],
    tail: Option<&Tail>,
) -> Result<Vec<bool>, StoreError> {
    let (last, _) = position(tail);
    Ok(sqlx::query_scalar(
        "select x::xid8 < $2::xid8 and $2::xid8 < pg_snapshot_xmax(pg_current_snapshot()) \
         from unnest($1::text[]) with ordinality as t (x, n) order by n",
    )
    .bind(xids)
    .bind(last)
    .fetch_all(conn)
    .await?)
}

/// Up to `limit` sealed-age rows after the row `after` that have no entry, among the next
/// `window` rows, and where the window ends; none at the end of the log.
pub(in crate::audit) async fn window_without_entry(
    conn: &mut Connection,
    after: &(String, Uuid),
    tail: &Tail,
    window: u32,
) -> Result<(Vec<Uuid>, Option<(String, Uuid)>), StoreError> {
    let rows = sqlx::query(
        "select e.id, e.xid::text as xid, exists (select from audit.leaf l \
           where l.event_id = e.id and l.event_at = e.at) as sealed \
         from audit.event e where (e.xid, e.id) > ($1::xid8, $2) \
         and (e.xid, e.id) <= ($3::xid8, $4) order by e.xid, e.id limit $5",
    )
    .bind(&after.0)
    .bind(after.1)
    .bind(&tail.xid)
    .bind(tail.leaf.event)
    .bind(i64::from(window))
    .fetch_all(conn)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        if !row.try_get::<bool, _>("sealed")? {
            found.push(row.try_get("id")?);
        }
    }
    let end = rows
        .last()
        .map(|row| Ok::<_, sqlx::Error>((row.try_get("xid")?, row.try_get("id")?)))
        .transpose()?;
    Ok((found, end))
}

/// Rows whose time is not one: none that this program wrote.
pub(in crate::audit) async fn timeless(conn: &mut Connection) -> Result<Vec<Uuid>, StoreError> {
    Ok(
        sqlx::query_scalar("select id from audit.event where not isfinite(at) limit 100")
            .fetch_all(conn)
            .await?,
    )
}
