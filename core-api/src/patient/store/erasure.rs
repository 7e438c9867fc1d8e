//! Erasing a patient: the keys of everything sealed for them are destroyed, and what is left of
//! them in plain is taken away. Appointments, visits and the audit log stay, without a name.

use ::store::{Connection, StoreError, sealing};
use domain::{AccountId, ClinicId, ConversationId, PatientId, VisitId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use super::person::ERASED_NAME;
use crate::store::Cells as _;

/// What was erased.
pub(crate) struct Erased {
    pub(crate) clinic: ClinicId,
    /// The patient's account, if it was nobody else's.
    pub(crate) account: Option<AccountId>,
    /// Keys that were destroyed now.
    pub(crate) keys: i64,
}

/// Erases the patient; none where there is no such patient. Safe to repeat.
pub(crate) async fn erase(
    conn: &mut Connection,
    id: PatientId,
    now: Timestamp,
) -> Result<Option<Erased>, StoreError> {
    let row =
        sqlx::query("select clinic_id, account_id from core.patient where id = $1 for update")
            .bind(id.as_uuid())
            .fetch_optional(&mut *conn)
            .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let visits: Vec<Uuid> = sqlx::query_scalar(
        "select v.id from core.visit v join core.appointment t on t.id = v.appointment_id \
         where t.patient_id = $1",
    )
    .bind(id.as_uuid())
    .fetch_all(&mut *conn)
    .await?;
    let conversations = visits
        .into_iter()
        .map(|visit| ConversationId::for_visit(VisitId::from(visit)).as_uuid());
    let mut keys = 0;
    for subject in conversations.chain([id.as_uuid()]) {
        keys += sealing::destroy_subject(&mut *conn, subject, now).await?;
    }
    sqlx::query(
        "update core.patient set erased_at = coalesce(erased_at, $2), version = version + 1, \
         display_name_sealed = null, date_of_birth_sealed = null, pronouns_sealed = null, \
         phone_sealed = null, email_sealed = null, person_blind = null, \
         preferred_language = null, sex = 'unknown', updated_at = $2 where id = $1",
    )
    .bind(id.as_uuid())
    .bind(now.to_sqlx())
    .execute(&mut *conn)
    .await?;
    let account = match row.id_or_null::<AccountId>("account_id")? {
        Some(account) if forget(conn, account, now).await? => Some(account),
        _ => None,
    };
    Ok(Some(Erased {
        clinic: row.id("clinic_id")?,
        account,
        keys,
    }))
}

/// Shuts the account of an erased patient and takes its name and address away; false where it
/// serves another role too.
async fn forget(
    conn: &mut Connection,
    account: AccountId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update core.account set display_name = $2, email = id::text || '@erased.invalid', \
         disabled_at = coalesce(disabled_at, $3) where id = $1 and roles = array['patient']",
    )
    .bind(account.as_uuid())
    .bind(ERASED_NAME)
    .bind(now.to_sqlx())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("update core.session set ended_at = $2 where account_id = $1 and ended_at is null")
        .bind(account.as_uuid())
        .bind(now.to_sqlx())
        .execute(conn)
        .await?;
    Ok(true)
}
