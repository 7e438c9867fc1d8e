//! The SQL of events.

use ::store::sealing::{Aad, Sealed, Sealer};
use ::store::{Connection, StoreError};
use domain::{AccountId, ConversationId, EventId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocol::{Body, ClientMessageId, Event};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{to_bigint, to_seq};
use crate::refusal::Refusal;

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
        Body::People { .. } => ("people", None),
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
