//! The SQL of notices about emergency accesses.

use ::store::{Connection, StoreError};
use domain::{AccountId, EmergencyAccessId, OrganisationId, PatientId, Role, Roles};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::break_glass::dto::EmergencyNotice;
use crate::store::Cells as _;

/// Who is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Receiver {
    /// One person.
    Account(AccountId),
    /// Whoever holds this role in the organisation.
    Role(Role),
}

/// A notice about an emergency access, about to be stored.
pub(crate) struct NewNotice {
    pub(crate) id: Uuid,
    pub(crate) organisation: OrganisationId,
    pub(crate) receiver: Receiver,
    pub(crate) kind: &'static str,
    pub(crate) access: EmergencyAccessId,
    pub(crate) patient: PatientId,
}

/// Stores a notice.
pub(crate) async fn tell(
    conn: &mut Connection,
    notice: &NewNotice,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (account, role) = match notice.receiver {
        Receiver::Account(account) => (Some(account.as_uuid()), None),
        Receiver::Role(role) => (None, Some(role.name())),
    };
    sqlx::query(
        "insert into core.emergency_notice (id, organisation_id, account_id, role, kind, resource_id, \
         patient_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(notice.id)
    .bind(notice.organisation.as_uuid())
    .bind(account)
    .bind(role)
    .bind(notice.kind)
    .bind(notice.access.as_uuid())
    .bind(notice.patient.as_uuid())
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Up to `limit` notices to `account` itself and to the roles it holds, newest first, after the
/// given one.
pub(crate) async fn notices(
    conn: &mut Connection,
    (account, organisation, roles): (AccountId, OrganisationId, &Roles),
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<EmergencyNotice>, StoreError> {
    let rows = sqlx::query(
        "select id, kind, resource_id, patient_id, created_at from core.emergency_notice \
         where (account_id = $1 or (organisation_id = $2 and role = any($3))) \
         and ($4::timestamptz is null or (created_at, id) < ($4, $5)) \
         order by created_at desc, id desc limit $6",
    )
    .bind(account.as_uuid())
    .bind(organisation.as_uuid())
    .bind(roles.iter().map(Role::name).collect::<Vec<_>>())
    .bind(after.map(|(at, _)| at.to_sqlx()))
    .bind(after.map(|(_, id)| id))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(EmergencyNotice {
                id: row.cell("id")?,
                kind: row.cell("kind")?,
                resource_id: row.cell("resource_id")?,
                patient_id: row.id_or_null("patient_id")?,
                created_at: row.time("created_at")?,
            })
        })
        .collect()
}
