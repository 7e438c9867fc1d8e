//! The SQL of accounts.

use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, Pii, Role, Roles};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;

use crate::account::model::{AccountRecord, Credentials, NewRecord};
use crate::clinic::dto::Clinic;
use crate::store::{Cells as _, damaged};

/// The constraint that keeps addresses unique.
pub(crate) const EMAIL_KEY: &str = "account_email_key";

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select a.id, a.email, a.display_name, a.roles, a.clinic_id, c.name as clinic_name, \
             c.time_zone, core.patient_of_account(a.id) as patient_id, r.id as provider_id, \
             a.disabled_at is not null as disabled \
             from core.account a join core.clinic c on c.id = a.clinic_id \
             left join core.provider r on r.account_id = a.id ",
            $tail
        )
    };
}

/// The roles in a `text[]` column.
pub(crate) fn roles(row: &PgRow) -> Result<Roles, StoreError> {
    let names: Vec<String> = row.cell("roles")?;
    names
        .iter()
        .map(|name| Role::from_name(name))
        .collect::<Option<Roles>>()
        .ok_or_else(|| damaged("core.account", "roles", row.key()))
}

fn names(roles: &Roles) -> Vec<&'static str> {
    roles.iter().map(Role::name).collect()
}

fn record(row: &PgRow) -> Result<AccountRecord, StoreError> {
    Ok(AccountRecord {
        id: row.id("id")?,
        email: row.pii("email")?,
        display_name: row.pii("display_name")?,
        roles: roles(row)?,
        clinic: Clinic {
            id: row.id("clinic_id")?,
            name: row.cell("clinic_name")?,
            time_zone: row.cell("time_zone")?,
        },
        patient: row.id_or_null("patient_id")?,
        provider: row.id_or_null("provider_id")?,
        disabled: row.cell("disabled")?,
    })
}

/// The account, disabled or not.
pub(crate) async fn find(
    conn: &mut Connection,
    id: AccountId,
) -> Result<Option<AccountRecord>, StoreError> {
    let row = sqlx::query(select!("where a.id = $1"))
        .bind(id.as_uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(record).transpose()
}

/// What signing in with `email` compares with; none for unknown and disabled accounts.
pub(crate) async fn credentials(
    conn: &mut Connection,
    email: &Pii<String>,
) -> Result<Option<Credentials>, StoreError> {
    let row = sqlx::query(
        "select id, clinic_id, password_hash, roles from core.account \
         where email = $1 and disabled_at is null",
    )
    .bind(email.reveal())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Credentials {
            id: row.id("id")?,
            clinic: row.id("clinic_id")?,
            password_hash: row.cell("password_hash")?,
            roles: roles(&row)?,
        })
    })
    .transpose()
}

/// Up to `limit` accounts of `clinic` by name, after the given name and id.
pub(crate) async fn list(
    conn: &mut Connection,
    clinic: ClinicId,
    after: Option<&(String, AccountId)>,
    limit: i64,
) -> Result<Vec<AccountRecord>, StoreError> {
    let rows = sqlx::query(select!(
        "where a.clinic_id = $1 and a.disabled_at is null \
         and ($2::text is null or (a.display_name, a.id) > ($2, $3)) \
         order by a.display_name, a.id limit $4"
    ))
    .bind(clinic.as_uuid())
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id.as_uuid()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(record).collect()
}

/// Stores a new account. Violates [`EMAIL_KEY`] when the address is taken.
pub(crate) async fn insert(
    conn: &mut Connection,
    account: &NewRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into core.account \
         (id, clinic_id, email, display_name, password_hash, roles, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(account.id.as_uuid())
    .bind(account.clinic.as_uuid())
    .bind(account.email.reveal())
    .bind(account.display_name.reveal())
    .bind(&account.password_hash)
    .bind(names(&account.roles))
    .bind(now.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the stored hash.
pub(crate) async fn set_password(
    conn: &mut Connection,
    id: AccountId,
    password_hash: &str,
) -> Result<(), StoreError> {
    sqlx::query("update core.account set password_hash = $2 where id = $1")
        .bind(id.as_uuid())
        .bind(password_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// The stored hash of an account.
pub(crate) async fn password_hash(
    conn: &mut Connection,
    id: AccountId,
) -> Result<Option<String>, StoreError> {
    Ok(
        sqlx::query_scalar("select password_hash from core.account where id = $1")
            .bind(id.as_uuid())
            .fetch_optional(conn)
            .await?,
    )
}

/// Replaces the hash `old` by `new`; false when it is another one by now.
pub(crate) async fn renew_hash(
    conn: &mut Connection,
    id: AccountId,
    old: &str,
    new: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update core.account set password_hash = $3 where id = $1 and password_hash = $2",
    )
    .bind(id.as_uuid())
    .bind(old)
    .bind(new)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Shuts or opens an account; false when it was so already.
pub(crate) async fn set_disabled(
    conn: &mut Connection,
    id: AccountId,
    since: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update core.account set disabled_at = $2 \
         where id = $1 and (disabled_at is null) = ($2 is not null)",
    )
    .bind(id.as_uuid())
    .bind(since.map(|since| since.to_sqlx()))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which of these accounts are shut. Who is no account, such as a guest, is not shut.
pub(crate) async fn shut_among(
    conn: &mut Connection,
    accounts: impl IntoIterator<Item = AccountId>,
) -> Result<Vec<AccountId>, StoreError> {
    let ids: Vec<_> = accounts.into_iter().map(|id| id.as_uuid()).collect();
    let rows =
        sqlx::query("select id from core.account where id = any($1) and disabled_at is not null")
            .bind(ids)
            .fetch_all(conn)
            .await?;
    rows.iter().map(|row| row.id("id")).collect()
}
