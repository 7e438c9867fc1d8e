//! The SQL of the journal.

use std::collections::HashSet;

use ::store::{Connection, StoreError};
use bus::journal::Entry;
use domain::VisitId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

/// An entry and where it stood in signaling's journal.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) journal: u64,
    pub(crate) seq: u64,
    pub(crate) entry: Entry,
}

/// The ones of `placed`, all of one journal, that are not kept yet. Who holds the visit's row
/// lock can rely on the answer until the transaction ends.
pub(crate) async fn fresh(
    conn: &mut Connection,
    placed: Vec<Placed>,
) -> Result<Vec<Placed>, StoreError> {
    let Some(journal) = placed.first().map(|placed| placed.journal) else {
        return Ok(placed);
    };
    let seqs: Vec<i64> = placed
        .iter()
        .map(|placed| placed.seq.cast_signed())
        .collect();
    let kept: Vec<i64> = sqlx::query_scalar(
        "select seq from core.visit_journal where journal = $1 and seq = any($2)",
    )
    .bind(journal.cast_signed())
    .bind(seqs)
    .fetch_all(conn)
    .await?;
    let kept: HashSet<i64> = kept.into_iter().collect();
    let is_new = |placed: &Placed| !kept.contains(&placed.seq.cast_signed());
    Ok(placed.into_iter().filter(is_new).collect())
}

/// One row on its way to the table.
#[derive(Serialize)]
struct Row<'a> {
    journal: i64,
    seq: i64,
    session: i64,
    session_number: i64,
    at: Timestamp,
    account_id: Uuid,
    participant: Option<&'a str>,
    kind: String,
    detail: Map<String, Value>,
}

impl<'a> Row<'a> {
    fn of(placed: &'a Placed) -> Self {
        let entry = &placed.entry;
        // A happening is always an object with its kind: `the_words_on_disk_are_these`.
        let mut detail = match serde_json::to_value(&entry.what) {
            Ok(Value::Object(detail)) => detail,
            _ => Map::new(),
        };
        let kind = match detail.remove("kind") {
            Some(Value::String(kind)) => kind,
            _ => String::new(),
        };
        Self {
            journal: placed.journal.cast_signed(),
            seq: placed.seq.cast_signed(),
            session: entry.session.cast_signed(),
            session_number: entry.number.cast_signed(),
            at: entry.at,
            account_id: entry.account.as_uuid(),
            participant: entry.participant.as_deref(),
            kind,
            detail,
        }
    }
}

/// Keeps `placed` in their order, numbered on from the visit's last entry. The caller holds the
/// visit's row lock.
pub(crate) async fn append(
    conn: &mut Connection,
    visit: VisitId,
    placed: &[Placed],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows: Vec<Row<'_>> = placed.iter().map(Row::of).collect();
    sqlx::query(
        "insert into core.visit_journal (visit_id, number, journal, seq, session, \
         session_number, at, stored_at, account_id, participant, kind, detail) \
         select $1, (select coalesce(max(number), 0) from core.visit_journal where visit_id = $1) \
         + row_number() over (order by seq), journal, seq, session, session_number, at, $2, \
         account_id, participant, kind, detail \
         from jsonb_to_recordset($3) as t (journal bigint, seq bigint, session bigint, \
         session_number bigint, at timestamptz, account_id uuid, participant text, kind text, \
         detail jsonb)",
    )
    .bind(visit.as_uuid())
    .bind(now.to_sqlx())
    .bind(Json(rows))
    .execute(conn)
    .await?;
    Ok(())
}
