//! The SQL of conversations and members.

mod event;

use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, ConversationId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocol::{ConversationKind, Head};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Membership;

pub(crate) use event::{SEALED, after, before, find_sent, insert, next_seq};

/// Conversation $1 as present member $2 finds it.
macro_rules! membership_of {
    ($tail:literal) => {
        concat!(
            "select c.kind, c.clinic_id, c.closed_at is not null as closed, c.head \
             from chat.conversation c join chat.member m on m.conversation_id = c.id \
             where c.id = $1 and m.account_id = $2 and m.left_at is null",
            $tail
        )
    };
}

/// The conversation as `account` finds it; none when it is not a member now.
pub(crate) async fn membership(
    conn: &mut Connection,
    conv: ConversationId,
    account: AccountId,
) -> Result<Option<Membership>, StoreError> {
    find(conn, membership_of!(""), conv, account).await
}

/// The same, with the conversation's row locked until the transaction ends: its head stays.
pub(crate) async fn lock(
    conn: &mut Connection,
    conv: ConversationId,
    account: AccountId,
) -> Result<Option<Membership>, StoreError> {
    find(conn, membership_of!(" for update of c"), conv, account).await
}

async fn find(
    conn: &mut Connection,
    query: &'static str,
    conv: ConversationId,
    account: AccountId,
) -> Result<Option<Membership>, StoreError> {
    let row = sqlx::query(query)
        .bind(conv.as_uuid())
        .bind(account.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.map(|row| to_membership(&row, conv)).transpose()
}

/// Where the conversations of `account` stand, the newest `limit` of them.
pub(crate) async fn heads(
    conn: &mut Connection,
    account: AccountId,
    limit: usize,
) -> Result<Vec<Head>, StoreError> {
    let rows = sqlx::query(
        "select c.id, c.kind, c.head, m.read_upto \
         from chat.member m join chat.conversation c on c.id = m.conversation_id \
         where m.account_id = $1 and m.left_at is null order by c.created_at desc, c.id limit $2",
    )
    .bind(account.as_uuid())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let conv = row.try_get::<Uuid, _>("id")?.into();
            Ok(Head {
                conv,
                kind: to_kind(row, conv)?,
                head: to_seq(row, "head")?,
                read: to_seq(row, "read_upto")?,
            })
        })
        .collect()
}

/// Moves the member's read marker forward to `upto`, at most to the head. Where it is then; none
/// when `account` is not a member now.
pub(crate) async fn mark_read(
    conn: &mut Connection,
    conv: ConversationId,
    account: AccountId,
    upto: u64,
) -> Result<Option<u64>, StoreError> {
    let read: Option<i64> = sqlx::query_scalar(
        "update chat.member m set read_upto = greatest(m.read_upto, least($3, c.head)) \
         from chat.conversation c where c.id = m.conversation_id \
         and m.conversation_id = $1 and m.account_id = $2 and m.left_at is null \
         returning m.read_upto",
    )
    .bind(conv.as_uuid())
    .bind(account.as_uuid())
    .bind(to_bigint(upto))
    .fetch_optional(conn)
    .await?;
    Ok(read.map(i64::unsigned_abs))
}

/// Makes the conversation unless it exists.
pub(crate) async fn ensure(
    conn: &mut Connection,
    conv: ConversationId,
    kind: ConversationKind,
    clinic: ClinicId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into chat.conversation (id, kind, clinic_id, created_at) values ($1, $2, $3, $4) \
         on conflict (id) do nothing",
    )
    .bind(conv.as_uuid())
    .bind(kind_name(kind))
    .bind(clinic.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Closes the conversation; false when it was closed before.
pub(crate) async fn close(
    conn: &mut Connection,
    conv: ConversationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let closed = sqlx::query(
        "update chat.conversation set closed_at = $2 where id = $1 and closed_at is null",
    )
    .bind(conv.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(closed.rows_affected() > 0)
}

const fn kind_name(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Visit => "visit",
        ConversationKind::WaitingRoom => "waiting_room",
    }
}

fn to_kind(row: &PgRow, conv: ConversationId) -> Result<ConversationKind, StoreError> {
    match row.try_get::<&str, _>("kind")? {
        "visit" => Ok(ConversationKind::Visit),
        "waiting_room" => Ok(ConversationKind::WaitingRoom),
        _ => Err(StoreError::Damaged {
            table: "chat.conversation",
            column: "kind",
            row: conv.to_string(),
        }),
    }
}

fn to_membership(row: &PgRow, conv: ConversationId) -> Result<Membership, StoreError> {
    Ok(Membership {
        kind: to_kind(row, conv)?,
        clinic: row.try_get::<Uuid, _>("clinic_id")?.into(),
        closed: row.try_get("closed")?,
        head: to_seq(row, "head")?,
    })
}

/// A sequence of this program; all fit.
fn to_bigint(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn to_seq(row: &PgRow, column: &str) -> Result<u64, StoreError> {
    Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
}
