//! The SQL of charts.

use ::store::sealing::{Aad, Sealer};
use ::store::{Connection, StoreError};
use domain::{PatientId, VisitId, VisitState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::chart::dto::{ChartEntry, PreviousVisit};
use crate::chart::model::{EntryKind, NewEntry};
use crate::store::{Cells as _, key_of_patient, open, seal, unlock};

/// Lines of a chart shown at most, the newest.
const MOST_ENTRIES: i64 = 500;
/// Previous visits shown at most, the newest.
const MOST_VISITS: i64 = 20;

fn place(id: Uuid) -> Aad {
    Aad {
        table: "core.chart_entry",
        column: "text_sealed",
        row: id,
    }
}

/// The patient's chart, newest first.
pub(crate) async fn entries(
    conn: &mut Connection,
    sealer: &Sealer,
    patient: PatientId,
) -> Result<Vec<ChartEntry>, StoreError> {
    let rows = sqlx::query(
        "select id, kind, text_sealed, recorded_at from core.chart_entry \
         where patient_id = $1 order by recorded_at desc, id desc limit $2",
    )
    .bind(patient.as_uuid())
    .bind(MOST_ENTRIES)
    .fetch_all(conn)
    .await?;
    let keys = unlock(sealer, &rows, &["text_sealed"]).await?;
    rows.iter()
        .map(|row| {
            let id: Uuid = row.cell("id")?;
            Ok(ChartEntry {
                id,
                kind: row.word("core.chart_entry", "kind", EntryKind::from_name)?,
                text: open(&keys, place(id), row.cell::<Vec<u8>>("text_sealed")?)?.into_inner(),
                recorded_at: row.time("recorded_at")?,
            })
        })
        .collect()
}

/// The patient's visits that started before `before`, without `but`, newest first.
pub(crate) async fn previous_visits(
    conn: &mut Connection,
    patient: PatientId,
    but: VisitId,
    before: Timestamp,
) -> Result<Vec<PreviousVisit>, StoreError> {
    let rows = sqlx::query(
        "select v.id, t.starts_at, v.state, a.display_name as clinician_name \
         from core.visit v join core.appointment t on t.id = v.appointment_id \
         join core.provider r on r.id = t.provider_id join core.account a on a.id = r.account_id \
         where t.patient_id = $1 and v.id <> $2 and t.starts_at < $3 \
         order by t.starts_at desc, v.id desc limit $4",
    )
    .bind(patient.as_uuid())
    .bind(but.as_uuid())
    .bind(before.to_sqlx())
    .bind(MOST_VISITS)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(PreviousVisit {
                id: row.id("id")?,
                starts_at: row.time("starts_at")?,
                state: row.word("core.visit", "state", VisitState::from_name)?,
                clinician_display_name: row.cell("clinician_name")?,
            })
        })
        .collect()
}

/// Stores a new line.
pub(crate) async fn insert(
    conn: &mut Connection,
    sealer: &Sealer,
    entry: &NewEntry,
) -> Result<(), StoreError> {
    let key = key_of_patient(conn, sealer, entry.patient).await?;
    sqlx::query(
        "insert into core.chart_entry (id, patient_id, kind, text_sealed, recorded_at) \
         values ($1, $2, $3, $4, $5)",
    )
    .bind(entry.id)
    .bind(entry.patient.as_uuid())
    .bind(entry.kind.name())
    .bind(seal(&key, place(entry.id), entry.text.reveal())?)
    .bind(entry.recorded_at.to_sqlx())
    .execute(conn)
    .await?;
    Ok(())
}
