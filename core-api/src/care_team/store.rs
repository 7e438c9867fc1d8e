//! The SQL of care teams.

use ::store::{Connection, StoreError};
use domain::{AccountId, CareTeamMemberId, OrganisationId, PatientId, Role};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::care_team::dto::CareTeamMember;
use crate::care_team::model::{NewMember, Part};
use crate::store::Cells as _;

/// Places shown at most, the newest ones.
const MOST: i64 = 200;

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select m.id, m.account_id, a.display_name, m.part, m.starts_at, m.ends_at \
             from core.care_team_member m join core.account a on a.id = m.account_id ",
            $tail
        )
    };
}

fn member(row: &PgRow) -> Result<CareTeamMember, StoreError> {
    Ok(CareTeamMember {
        id: row.id("id")?,
        account_id: row.id("account_id")?,
        display_name: row.cell("display_name")?,
        part: row.word("core.care_team_member", "part", Part::from_name)?,
        starts_at: row.time("starts_at")?,
        ends_at: row.time_or_null("ends_at")?,
    })
}

/// The patient's care team by start.
pub(crate) async fn list(
    conn: &mut Connection,
    patient: PatientId,
) -> Result<Vec<CareTeamMember>, StoreError> {
    let rows = sqlx::query(select!(
        "where m.patient_id = $1 order by m.starts_at, m.id limit $2"
    ))
    .bind(patient.as_uuid())
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    rows.iter().map(member).collect()
}

/// One place in the patient's care team.
pub(crate) async fn find(
    conn: &mut Connection,
    patient: PatientId,
    id: CareTeamMemberId,
) -> Result<Option<CareTeamMember>, StoreError> {
    let row = sqlx::query(select!("where m.patient_id = $1 and m.id = $2"))
        .bind(patient.as_uuid())
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(member).transpose()
}

/// Whether `account` works in `organisation` and may sign in.
pub(crate) async fn is_staff(
    conn: &mut Connection,
    account: AccountId,
    organisation: OrganisationId,
) -> Result<bool, StoreError> {
    let staff: Vec<&str> = Role::ALL
        .into_iter()
        .filter(|role| role.is_staff())
        .map(Role::name)
        .collect();
    Ok(sqlx::query_scalar(
        "select exists (select from core.account where id = $1 and organisation_id = $2 \
         and disabled_at is null and roles && $3)",
    )
    .bind(account.as_uuid())
    .bind(organisation.as_uuid())
    .bind(staff)
    .fetch_one(conn)
    .await?)
}

/// Stores a new place.
pub(crate) async fn insert(conn: &mut Connection, new: &NewMember) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.care_team_member \
         (id, patient_id, account_id, part, starts_at, ends_at, added_at, added_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id.as_uuid())
    .bind(new.patient.as_uuid())
    .bind(new.account.as_uuid())
    .bind(new.part.name())
    .bind(new.period.starts_at.to_sqlx())
    .bind(new.period.ends_at.map(|at| at.to_sqlx()))
    .bind(new.added_at.to_sqlx())
    .bind(new.added_by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a place now; one that has ended stays as it is, one that has not begun never counts.
pub(crate) async fn end(
    conn: &mut Connection,
    id: CareTeamMemberId,
    now: Timestamp,
    by: AccountId,
) -> Result<(), StoreError> {
    sqlx::query(
        "update core.care_team_member set starts_at = least(starts_at, $2), ends_at = $2, \
         ended_by = $3 where id = $1 and (ends_at is null or ends_at > $2)",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .bind(by.as_uuid())
    .execute(conn)
    .await?;
    Ok(())
}
