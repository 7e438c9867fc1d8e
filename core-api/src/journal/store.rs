//! The SQL of the journal.

use std::collections::{HashMap, HashSet};

use ::store::{Connection, StoreError};
use bus::journal::{Entry, Happening};
use domain::{AccountId, VisitId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::types::Json;
use uuid::Uuid;

use crate::journal::figures::{Figures, Told};
use crate::store::Cells as _;

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

/// An entry as kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) number: i64,
    pub(crate) session: i64,
    pub(crate) session_number: i64,
    pub(crate) at: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) participant: Option<String>,
    pub(crate) kind: String,
    pub(crate) detail: Map<String, Value>,
}

/// Up to `limit` entries of `visit` after number `after`, in order.
pub(crate) async fn page(
    conn: &mut Connection,
    visit: VisitId,
    after: i64,
    limit: i64,
) -> Result<Vec<Kept>, StoreError> {
    let rows = sqlx::query(
        "select number, session, session_number, at, account_id, participant, kind, detail \
         from core.visit_journal where visit_id = $1 and number > $2 order by number limit $3",
    )
    .bind(visit.as_uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Kept {
                number: row.cell("number")?,
                session: row.cell("session")?,
                session_number: row.cell("session_number")?,
                at: row.time("at")?,
                account: row.id("account_id")?,
                participant: row.cell("participant")?,
                kind: row.cell("kind")?,
                detail: row.cell::<Json<Map<String, Value>>>("detail")?.0,
            })
        })
        .collect()
}

/// The entries that say how the media of `visit` went, in order. One of a kind that this program
/// does not know is passed over.
pub(crate) async fn told(conn: &mut Connection, visit: VisitId) -> Result<Vec<Told>, StoreError> {
    let rows = sqlx::query(
        "select at, account_id, participant, kind, detail from core.visit_journal \
         where visit_id = $1 and kind in \
         ('joined', 'resumed', 'left', 'stream_paused', 'stream_resumed', 'quality') \
         order by number",
    )
    .bind(visit.as_uuid())
    .fetch_all(conn)
    .await?;
    let mut told = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut what = row.cell::<Json<Map<String, Value>>>("detail")?.0;
        what.insert("kind".to_owned(), Value::String(row.cell("kind")?));
        if let Ok(what) = serde_json::from_value::<Happening>(Value::Object(what)) {
            told.push(Told {
                at: row.time("at")?,
                account: row.id("account_id")?,
                participant: row.cell("participant")?,
                what,
            });
        }
    }
    Ok(told)
}

/// Keeps the figures of a party, in place of earlier ones.
pub(crate) async fn put_figures(
    conn: &mut Connection,
    visit: VisitId,
    account: AccountId,
    figures: &Figures,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.visit_media (visit_id, account_id, figures, computed_at) \
         values ($1, $2, $3, $4) on conflict (visit_id, account_id) \
         do update set figures = excluded.figures, computed_at = excluded.computed_at",
    )
    .bind(visit.as_uuid())
    .bind(account.as_uuid())
    .bind(Json(figures))
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// The figures of the parties of `visits`.
pub(crate) async fn figures(
    conn: &mut Connection,
    visits: &[VisitId],
) -> Result<HashMap<VisitId, Vec<(AccountId, Figures)>>, StoreError> {
    let rows = sqlx::query(
        "select visit_id, account_id, figures from core.visit_media where visit_id = any($1)",
    )
    .bind(visits.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<VisitId, Vec<(AccountId, Figures)>> = HashMap::new();
    for row in &rows {
        let figures = row.cell::<Json<Figures>>("figures")?.0;
        let of_visit = found.entry(row.id("visit_id")?).or_default();
        of_visit.push((row.id("account_id")?, figures));
    }
    Ok(found)
}
