//! The SQL of conversations, members and events.

use ::store::sealing::{Aad, Sealed, Sealer};
use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, ConversationId, EventId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocol::{Body, ClientMessageId, ConversationKind, Event, Head};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Membership;
use crate::refusal::Refusal;

/// The conversation as `account` finds it; none when it is not a member now.
pub(crate) async fn membership(
    conn: &mut Connection,
    conv: ConversationId,
    account: AccountId,
) -> Result<Option<Membership>, StoreError> {
    let row = sqlx::query(
        "select c.kind, c.clinic_id, c.closed_at is not null as closed, c.head \
         from chat.conversation c join chat.member m on m.conversation_id = c.id \
         where c.id = $1 and m.account_id = $2 and m.left_at is null",
    )
    .bind(conv.as_uuid())
    .bind(account.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| to_membership(&row, conv)).transpose()
}

/// The same, with the conversation's row locked until the transaction ends: its head stays.
pub(crate) async fn lock(
    conn: &mut Connection,
    conv: ConversationId,
    account: AccountId,
) -> Result<Option<Membership>, StoreError> {
    let row = sqlx::query(
        "select c.kind, c.clinic_id, c.closed_at is not null as closed, c.head \
         from chat.conversation c join chat.member m on m.conversation_id = c.id \
         where c.id = $1 and m.account_id = $2 and m.left_at is null for update of c",
    )
    .bind(conv.as_uuid())
    .bind(account.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| to_membership(&row, conv)).transpose()
}

/// Where the first storage of a message is, if there was one: sequence, id, time.
pub(crate) async fn find_sent(
    conn: &mut Connection,
    conv: ConversationId,
    sender: AccountId,
    client_msg_id: ClientMessageId,
) -> Result<Option<(u64, EventId, Timestamp)>, StoreError> {
    let row: Option<(i64, Uuid, jiff_sqlx::Timestamp)> = sqlx::query_as(
        "select seq, id, at from chat.event \
         where conversation_id = $1 and sender = $2 and client_msg_id = $3",
    )
    .bind(conv.as_uuid())
    .bind(sender.as_uuid())
    .bind(client_msg_id)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(seq, id, at)| (seq.unsigned_abs(), id.into(), at.to_jiff())))
}

/// Counts the conversation's head up, which locks its row, and returns it.
pub(crate) async fn next_seq(
    conn: &mut Connection,
    conv: ConversationId,
) -> Result<u64, StoreError> {
    let head: i64 = sqlx::query_scalar(
        "update chat.conversation set head = head + 1 where id = $1 returning head",
    )
    .bind(conv.as_uuid())
    .fetch_one(conn)
    .await?;
    Ok(head.unsigned_abs())
}

/// Stores `event`, whose sequence came from [`next_seq`] in the same transaction.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    event: &Event,
) -> Result<(), Refusal> {
    let body = serde_json::to_vec(&event.body)
        .map_err(|error| StoreError::Defect(format!("an event does not serialise: {error}")))?;
    let sealed = sealer.seal(place(event.id), &body)?;
    let (kind, sent) = match &event.body {
        Body::Message {
            sender,
            client_msg_id,
            ..
        } => ("message", Some((sender.as_uuid(), *client_msg_id))),
        Body::WaitingRoom { .. } => ("waiting_room", None),
        Body::Closed => ("closed", None),
    };
    sqlx::query(
        "insert into chat.event (conversation_id, seq, id, at, kind, sender, client_msg_id, body) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(event.conv.as_uuid())
    .bind(to_bigint(event.seq))
    .bind(event.id.as_uuid())
    .bind(event.at.to_sqlx())
    .bind(kind)
    .bind(sent.map(|(sender, _)| sender))
    .bind(sent.map(|(_, name)| name))
    .bind(sealed)
    .execute(conn)
    .await
    .map_err(StoreError::from)?;
    Ok(())
}

/// Up to `limit` events after `after`, in order.
pub(crate) async fn after(
    conn: &mut Connection,
    sealer: &Sealer,
    conv: ConversationId,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query(
        "select seq, id, at, body from chat.event where conversation_id = $1 and seq > $2 \
         order by seq limit $3",
    )
    .bind(conv.as_uuid())
    .bind(to_bigint(after))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| to_event(row, sealer, conv)).collect()
}

/// The last `limit` events before `before`, in order.
pub(crate) async fn before(
    conn: &mut Connection,
    sealer: &Sealer,
    conv: ConversationId,
    before: u64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query(
        "select seq, id, at, body from chat.event where conversation_id = $1 and seq < $2 \
         order by seq desc limit $3",
    )
    .bind(conv.as_uuid())
    .bind(to_bigint(before))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .rev()
        .map(|row| to_event(row, sealer, conv))
        .collect()
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

fn to_event(row: &PgRow, sealer: &Sealer, conv: ConversationId) -> Result<Event, StoreError> {
    let id: EventId = row.try_get::<Uuid, _>("id")?.into();
    let damaged = || StoreError::Damaged {
        table: "chat.event",
        column: "body",
        row: id.to_string(),
    };
    let sealed: Sealed = row.try_get("body")?;
    let body = sealer.open(place(id), &sealed).map_err(|_| damaged())?;
    Ok(Event {
        conv,
        seq: to_seq(row, "seq")?,
        id,
        at: row.try_get::<jiff_sqlx::Timestamp, _>("at")?.to_jiff(),
        body: serde_json::from_slice(&body).map_err(|_| damaged())?,
    })
}

const fn place(id: EventId) -> Aad {
    Aad {
        table: "chat.event",
        column: "body",
        row: id.as_uuid(),
    }
}

/// A sequence of this program; all fit.
fn to_bigint(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn to_seq(row: &PgRow, column: &str) -> Result<u64, StoreError> {
    Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
}
