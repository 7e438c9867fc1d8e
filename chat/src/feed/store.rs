//! The SQL of the cursor, of memberships, and of where visits stand.

use ::store::{Connection, StoreError};
use domain::{AccountId, ConversationId, VisitState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

/// The last position applied.
pub(super) async fn cursor(conn: &mut Connection) -> Result<u64, StoreError> {
    let position: i64 =
        sqlx::query_scalar("select position from chat.cursor where source = 'core'")
            .fetch_one(conn)
            .await?;
    Ok(position.unsigned_abs())
}

/// Moves the cursor to `position`, locking it until the transaction ends; false when it does not
/// stand just before.
pub(super) async fn advance(conn: &mut Connection, position: u64) -> Result<bool, StoreError> {
    let moved = sqlx::query(
        "update chat.cursor set position = $1 where source = 'core' and position = $1 - 1",
    )
    .bind(i64::try_from(position).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Makes `account` a present member; false when it was.
pub(super) async fn join(
    conn: &mut Connection,
    conv: ConversationId,
    account: AccountId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let joined = sqlx::query(
        "insert into chat.member (conversation_id, account_id, joined_at) values ($1, $2, $3) \
         on conflict (conversation_id, account_id) do update set left_at = null, joined_at = $3 \
         where member.left_at is not null",
    )
    .bind(conv.as_uuid())
    .bind(account.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(joined.rows_affected() == 1)
}

/// Ends the membership of everybody in `conv` but `stay`. Who left.
pub(super) async fn leave_except(
    conn: &mut Connection,
    conv: ConversationId,
    stay: &[AccountId],
    now: Timestamp,
) -> Result<Vec<AccountId>, StoreError> {
    let stay: Vec<Uuid> = stay.iter().map(|account| account.as_uuid()).collect();
    let left: Vec<Uuid> = sqlx::query_scalar(
        "update chat.member set left_at = $3 \
         where conversation_id = $1 and left_at is null and account_id <> all ($2) \
         returning account_id",
    )
    .bind(conv.as_uuid())
    .bind(stay)
    .bind(now.to_sqlx())
    .fetch_all(conn)
    .await?;
    Ok(left.into_iter().map(AccountId::from).collect())
}

/// Ends the memberships of `account` in every waiting room but `stay`. Which it left.
pub(super) async fn leave_waiting_rooms(
    conn: &mut Connection,
    account: AccountId,
    stay: Option<ConversationId>,
    now: Timestamp,
) -> Result<Vec<ConversationId>, StoreError> {
    let left: Vec<Uuid> = sqlx::query_scalar(
        "update chat.member m set left_at = $3 from chat.conversation c \
         where c.id = m.conversation_id and c.kind = 'waiting_room' and m.account_id = $1 \
         and m.left_at is null and c.id is distinct from $2 returning c.id",
    )
    .bind(account.as_uuid())
    .bind(stay.map(ConversationId::as_uuid))
    .bind(now.to_sqlx())
    .fetch_all(conn)
    .await?;
    Ok(left.into_iter().map(ConversationId::from).collect())
}

/// Keeps where a visit stands and how many wait before it.
pub(super) async fn put_state(
    conn: &mut Connection,
    conv: ConversationId,
    state: VisitState,
    ahead: Option<u32>,
) -> Result<(), StoreError> {
    sqlx::query("update chat.conversation set visit_state = $2, ahead = $3 where id = $1")
        .bind(conv.as_uuid())
        .bind(state.name())
        .bind(ahead.map(to_integer))
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps how many wait before a visit. Where it stands, if that is a change and known.
pub(super) async fn put_ahead(
    conn: &mut Connection,
    conv: ConversationId,
    ahead: u32,
) -> Result<Option<VisitState>, StoreError> {
    let state: Option<String> = sqlx::query_scalar(
        "update chat.conversation set ahead = $2 \
         where id = $1 and kind = 'visit' and visit_state is not null \
         and ahead is distinct from $2 returning visit_state",
    )
    .bind(conv.as_uuid())
    .bind(to_integer(ahead))
    .fetch_optional(conn)
    .await?;
    state
        .map(|name| {
            VisitState::from_name(&name).ok_or_else(|| StoreError::Damaged {
                table: "chat.conversation",
                column: "visit_state",
                row: conv.to_string(),
            })
        })
        .transpose()
}

fn to_integer(ahead: u32) -> i32 {
    i32::try_from(ahead).unwrap_or(i32::MAX)
}
