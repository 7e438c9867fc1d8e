//! Sealing what was stored plain before names were sealed: at the start, in batches, as often as
//! it takes. Interrupted, it goes on at the next start; done, it finds nothing.

use ::store::sealing::Sealer;
use ::store::{Connection, StoreError};
use domain::{PatientId, Pii};
use uuid::Uuid;

use super::{blind, seal_text};
use crate::store::{Cells as _, key_of_patient};

/// Seals up to `limit` patients that are still plain; how many those were.
pub(crate) async fn seal_some(
    conn: &mut Connection,
    sealer: &Sealer,
    limit: i64,
) -> Result<u64, StoreError> {
    let rows = sqlx::query(
        "select id, organisation_id, display_name, date_of_birth, pronouns from core.patient \
         where display_name is not null or date_of_birth is not null or pronouns is not null \
         order by id limit $1 for update skip locked",
    )
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    for row in &rows {
        let id: PatientId = row.id("id")?;
        let name = row.pii_or_null("display_name")?;
        let born = row.cell::<Option<jiff_sqlx::Date>>("date_of_birth")?;
        let born = born.map(jiff_sqlx::Date::to_jiff);
        let pronouns = row.pii_or_null("pronouns")?;
        let key = key_of_patient(conn, sealer, id).await?;
        let token = match (&name, born) {
            (Some(name), Some(born)) => {
                let organisation: Uuid = row.cell("organisation_id")?;
                Some(blind(sealer, organisation.into(), name, born).await?)
            }
            _ => None,
        };
        let date = born.map(|born| Pii::new(born.to_string()));
        sqlx::query(
            "update core.patient set display_name_sealed = coalesce($2, display_name_sealed), \
             date_of_birth_sealed = coalesce($3, date_of_birth_sealed), \
             pronouns_sealed = coalesce($4, pronouns_sealed), \
             person_blind = coalesce($5, person_blind), \
             display_name = null, date_of_birth = null, pronouns = null where id = $1",
        )
        .bind(id.as_uuid())
        .bind(seal_text(&key, id, "display_name_sealed", name.as_ref())?)
        .bind(seal_text(&key, id, "date_of_birth_sealed", date.as_ref())?)
        .bind(seal_text(&key, id, "pronouns_sealed", pronouns.as_ref())?)
        .bind(token)
        .execute(&mut *conn)
        .await?;
    }
    Ok(rows.len() as u64)
}
