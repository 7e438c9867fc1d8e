//! The SQL of invitations.

mod around;

use ::store::{Connection, StoreError};
use domain::{AccountId, InvitationId, Pii, VisitId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::invitation::model::{Invitation, Part};
use crate::session::secret::Secret;
use crate::store::Cells as _;

pub(crate) use around::{colleagues, is_colleague, present};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select i.id, i.visit_id, i.account_id, coalesce(i.display_name, a.display_name) \
             as display_name, i.part, i.opened_at, i.knocked_at, i.let_in_at, i.revoked_at, \
             x.removed_at, l.since as locked_since, \
             l.since is not null and exists (select from core.visit_journal j \
                 where j.visit_id = i.visit_id and j.account_id = coalesce(i.account_id, i.id) \
                 and j.kind = 'joined' and j.at <= l.since) as was_inside \
             from core.invitation i \
             left join core.account a on a.id = i.account_id \
             left join core.room_lock l on l.visit_id = i.visit_id \
             left join core.room_removal x on x.visit_id = i.visit_id \
                 and x.account_id = coalesce(i.account_id, i.id) ",
            $tail
        )
    };
}

fn record(row: &PgRow) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.id("id")?,
        visit: row.id("visit_id")?,
        account: row.id_or_null("account_id")?,
        display_name: row.pii("display_name")?,
        part: row.word("core.invitation", "part", Part::from_name)?,
        opened_at: row.time_or_null("opened_at")?,
        knocked_at: row.time_or_null("knocked_at")?,
        let_in_at: row.time_or_null("let_in_at")?,
        removed_at: row.time_or_null("removed_at")?,
        revoked_at: row.time_or_null("revoked_at")?,
        locked_since: row.time_or_null("locked_since")?,
        was_inside: row.cell("was_inside")?,
    })
}

/// The invitation of this secret, whatever has become of it.
pub(crate) async fn by_secret(
    conn: &mut Connection,
    secret: &Secret,
) -> Result<Option<Invitation>, StoreError> {
    let row = sqlx::query(select!("where i.secret_hash = $1"))
        .bind(secret.hash())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(record).transpose()
}

/// The invitation `id` of `visit`, unless it was taken back.
pub(crate) async fn find(
    conn: &mut Connection,
    visit: VisitId,
    id: InvitationId,
) -> Result<Option<Invitation>, StoreError> {
    let row = sqlx::query(select!(
        "where i.visit_id = $1 and i.id = $2 and i.revoked_at is null"
    ))
    .bind(visit.as_uuid())
    .bind(id.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(record).transpose()
}

/// The standing invitation under which `identity` is known in the room of `visit`.
pub(crate) async fn of_identity(
    conn: &mut Connection,
    visit: VisitId,
    identity: AccountId,
) -> Result<Option<Invitation>, StoreError> {
    let row = sqlx::query(select!(
        "where i.visit_id = $1 and coalesce(i.account_id, i.id) = $2 and i.revoked_at is null"
    ))
    .bind(visit.as_uuid())
    .bind(identity.as_uuid())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(record).transpose()
}

/// The standing invitations of `visits`, in the order in which they were made.
pub(crate) async fn standing(
    conn: &mut Connection,
    visits: &[VisitId],
) -> Result<Vec<Invitation>, StoreError> {
    let rows = sqlx::query(select!(
        "where i.visit_id = any($1) and i.revoked_at is null order by i.invited_at, i.id"
    ))
    .bind(visits.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    rows.iter().map(record).collect()
}

/// Who was ever invited to `visit`, as they are known in its room.
pub(crate) async fn identities(
    conn: &mut Connection,
    visit: VisitId,
) -> Result<Vec<AccountId>, StoreError> {
    let rows = sqlx::query(
        "select distinct coalesce(account_id, id) as id from core.invitation where visit_id = $1",
    )
    .bind(visit.as_uuid())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// The visits of standing invitations of `account` whose time is not past, by start.
pub(crate) async fn visits_of(
    conn: &mut Connection,
    account: AccountId,
    oldest_end: Timestamp,
    limit: i64,
) -> Result<Vec<VisitId>, StoreError> {
    let rows = sqlx::query(
        "select v.id from core.invitation i join core.visit v on v.id = i.visit_id \
         join core.appointment t on t.id = v.appointment_id \
         where i.account_id = $1 and i.revoked_at is null and t.ends_at > $2 \
         and v.state not in ('completed', 'cancelled', 'no_show') \
         order by t.starts_at, v.id limit $3",
    )
    .bind(account.as_uuid())
    .bind(oldest_end.to_sqlx())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// An invitation about to be stored.
pub(crate) struct NewInvitation<'a> {
    pub(crate) id: InvitationId,
    pub(crate) visit: VisitId,
    pub(crate) whom: Whom<'a>,
    pub(crate) part: Part,
    pub(crate) by: AccountId,
    pub(crate) now: Timestamp,
}

/// Who is invited.
pub(crate) enum Whom<'a> {
    /// Somebody of the clinic, who is let in by being invited.
    Colleague(AccountId),
    /// Whoever holds the secret, under this name.
    Guest(&'a Secret, &'a Pii<String>),
}

/// Stores an invitation. False when that colleague's stands already.
pub(crate) async fn insert(
    conn: &mut Connection,
    new: &NewInvitation<'_>,
) -> Result<bool, StoreError> {
    let (account, secret, name) = match new.whom {
        Whom::Colleague(account) => (Some(account), None, None),
        Whom::Guest(secret, name) => (None, Some(secret.hash()), Some(name.reveal())),
    };
    let done = sqlx::query(
        "insert into core.invitation (id, visit_id, account_id, secret_hash, display_name, part, \
         invited_at, invited_by, let_in_at, let_in_by) values ($1, $2, $3, $4, $5, $6, $7, $8, \
         case when $3::uuid is null then null else $7 end, \
         case when $3::uuid is null then null else $8 end) \
         on conflict (visit_id, account_id) \
         where revoked_at is null and account_id is not null do nothing",
    )
    .bind(new.id.as_uuid())
    .bind(new.visit.as_uuid())
    .bind(account.map(AccountId::as_uuid))
    .bind(secret)
    .bind(name)
    .bind(new.part.name())
    .bind(new.now.to_sqlx())
    .bind(new.by.as_uuid())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that the link was opened; the first time counts.
pub(crate) async fn open(
    conn: &mut Connection,
    id: InvitationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.invitation set opened_at = coalesce(opened_at, $2) where id = $1")
        .bind(id.as_uuid())
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the guest knocked; the first time counts.
pub(crate) async fn knock(
    conn: &mut Connection,
    id: InvitationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.invitation set knocked_at = coalesce(knocked_at, $2) where id = $1")
        .bind(id.as_uuid())
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets the invited in from `now` on.
pub(crate) async fn let_in(
    conn: &mut Connection,
    id: InvitationId,
    by: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update core.invitation set let_in_at = $2, let_in_by = $3 where id = $1")
        .bind(id.as_uuid())
        .bind(now.to_sqlx())
        .bind(by.as_uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the invitation back.
pub(crate) async fn revoke(
    conn: &mut Connection,
    id: InvitationId,
    by: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.invitation set revoked_at = $2, revoked_by = $3 \
         where id = $1 and revoked_at is null",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .bind(by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}
