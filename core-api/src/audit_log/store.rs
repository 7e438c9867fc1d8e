//! The SQL beside the audit log itself: names, clinics and their clocks.

use std::collections::HashMap;

use ::store::sealing::Sealer;
use ::store::{Connection, StoreError};
use domain::{AccountId, ClinicId, OrganisationId, PatientId, Pii};
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::patient;
use crate::store::{Cells as _, unlock};

/// The names of `accounts`, disabled ones too.
pub(crate) async fn names(
    conn: &mut Connection,
    accounts: &[Uuid],
) -> Result<HashMap<AccountId, Pii<String>>, StoreError> {
    let rows = sqlx::query("select id, display_name from core.account where id = any($1)")
        .bind(accounts)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, row.pii("display_name")?)))
        .collect()
}

/// The names of `patients`, as far as the caller may see them.
pub(crate) async fn patient_names(
    conn: &mut Connection,
    sealer: &Sealer,
    patients: &[Uuid],
) -> Result<HashMap<Uuid, Pii<String>>, StoreError> {
    let rows = sqlx::query("select id, display_name_sealed from core.patient where id = any($1)")
        .bind(patients)
        .fetch_all(conn)
        .await?;
    let keys = unlock(sealer, &rows, &["display_name_sealed"]).await?;
    rows.iter()
        .map(|row| {
            let id: PatientId = row.id("id")?;
            Ok((id.as_uuid(), patient::store::name(row, &keys, id)?))
        })
        .collect()
}

/// The clinics of `organisation`.
pub(crate) async fn clinics(
    conn: &mut Connection,
    organisation: OrganisationId,
) -> Result<Vec<ClinicId>, StoreError> {
    let rows = sqlx::query("select id from core.clinic where organisation_id = $1 order by id")
        .bind(organisation.as_uuid())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// The time zones of `clinics`; UTC for a name that is none.
pub(crate) async fn zones(
    conn: &mut Connection,
    clinics: &[ClinicId],
) -> Result<HashMap<Uuid, TimeZone>, StoreError> {
    let ids: Vec<Uuid> = clinics.iter().map(|clinic| clinic.as_uuid()).collect();
    let rows = sqlx::query("select id, time_zone from core.clinic where id = any($1)")
        .bind(ids)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let name: String = row.cell("time_zone")?;
            Ok((
                row.cell("id")?,
                TimeZone::get(&name).unwrap_or(TimeZone::UTC),
            ))
        })
        .collect()
}
