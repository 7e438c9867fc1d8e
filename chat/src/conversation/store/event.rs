//! The SQL of events.

use ::store::sealing::{Aad, DataClass, Owner, SealedColumn, Sealer, SealingError, Unlocked};
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
    // What people wrote goes under a key of the conversation's own, which can be destroyed; the
    // rest is identifiers and states.
    let owner = match &event.body {
        Body::Message { .. } => Owner::Subject {
            organisation: None,
            subject: event.conv.as_uuid(),
        },
        Body::WaitingRoom { .. } | Body::People { .. } | Body::Closed => Owner::Organisation(None),
    };
    let sealed = sealer.key(owner).await?.seal(place(event.id), &body)?;
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
        "select seq, id, at, sender, client_msg_id, body from chat.event \
         where conversation_id = $1 and seq > $2 \
         order by seq limit $3",
    )
    .bind(conv.as_uuid())
    .bind(to_bigint(after))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    let keys = unlock(sealer, &rows).await?;
    rows.iter().map(|row| to_event(row, &keys, conv)).collect()
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
        "select seq, id, at, sender, client_msg_id, body from chat.event \
         where conversation_id = $1 and seq < $2 \
         order by seq desc limit $3",
    )
    .bind(conv.as_uuid())
    .bind(to_bigint(before))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    let keys = unlock(sealer, &rows).await?;
    rows.iter()
        .rev()
        .map(|row| to_event(row, &keys, conv))
        .collect()
}

async fn unlock(sealer: &Sealer, rows: &[PgRow]) -> Result<Unlocked, StoreError> {
    let bodies: Result<Vec<&[u8]>, _> = rows.iter().map(|row| row.try_get("body")).collect();
    Ok(sealer.unlock(bodies?).await?)
}

fn to_event(row: &PgRow, keys: &Unlocked, conv: ConversationId) -> Result<Event, StoreError> {
    let id: EventId = row.try_get::<Uuid, _>("id")?.into();
    let damaged = || StoreError::Damaged {
        table: "chat.event",
        column: "body",
        row: id.to_string(),
    };
    let body = match keys.open(place(id), row.try_get("body")?) {
        Ok(body) => serde_json::from_slice(&body).map_err(|_| damaged())?,
        Err(SealingError::Erased) => erased(row)?,
        Err(error) => {
            tracing::error!(%error, event.id = %id, "A sealed event failed");
            return Err(damaged());
        }
    };
    Ok(Event {
        conv,
        seq: to_seq(row, "seq")?,
        id,
        at: row.try_get::<jiff_sqlx::Timestamp, _>("at")?.to_jiff(),
        body,
    })
}

/// A message of which nothing is left but who wrote, and when.
fn erased(row: &PgRow) -> Result<Body, StoreError> {
    Ok(Body::Message {
        sender: row.try_get::<Uuid, _>("sender")?.into(),
        client_msg_id: row.try_get("client_msg_id")?,
        text: ERASED.to_owned(),
    })
}

/// What is shown in place of a message whose key was destroyed.
const ERASED: &str = "Erased";

/// The sealed column of the schema `chat`.
pub(crate) const SEALED: SealedColumn = SealedColumn {
    table: "chat.event",
    column: "body",
    class: DataClass::Messages,
    organisation: "null::uuid",
    subject: "case when t.kind = 'message' then t.conversation_id end",
};

const fn place(id: EventId) -> Aad {
    Aad {
        table: "chat.event",
        column: "body",
        row: id.as_uuid(),
    }
}
