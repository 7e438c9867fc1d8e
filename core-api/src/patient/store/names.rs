//! Finding patients by name. The database cannot read names, so the program sorts and searches
//! them: those of one clinic, as far as row security shows them, opened once a version and kept
//! for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::store::sealing::Sealer;
use ::store::{Connection, StoreError};
use domain::{ClinicId, PatientId};
use zeroize::Zeroizing;

use super::person;
use crate::store::{Cells as _, unlock};

/// Names kept at most, some 200 bytes each. A clinic with more is opened anew with each search.
const BOUND: usize = 100_000;

/// A name, wiped when the last search lets go of it.
type Name = Arc<Zeroizing<String>>;

/// The names that were opened, with the version of the patient they belong to. Owned by the
/// running core-api; never held across an await.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<PatientId, (i64, Name)>>);

impl Names {
    fn known(&self) -> MutexGuard<'_, HashMap<PatientId, (i64, Name)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to `limit` patients of `clinic` whose name contains `part` in any case, by name and id,
    /// after the patient `after`.
    pub(crate) async fn page(
        &self,
        conn: &mut Connection,
        sealer: &Sealer,
        clinic: ClinicId,
        part: Option<&str>,
        after: Option<PatientId>,
        limit: usize,
    ) -> Result<Vec<PatientId>, StoreError> {
        let mut all = self.of_clinic(conn, sealer, clinic).await?;
        all.sort_unstable_by(|a, b| (a.1.as_str(), a.0).cmp(&(b.1.as_str(), b.0)));
        let part = part.map(str::to_lowercase);
        let start = match after {
            // A patient who is gone from the clinic meanwhile ends the list.
            Some(id) => all
                .iter()
                .position(|(other, _)| *other == id)
                .map_or(all.len(), |at| at + 1),
            None => 0,
        };
        let fits = |name: &Name| match &part {
            Some(part) => Zeroizing::new(name.to_lowercase()).contains(part.as_str()),
            None => true,
        };
        let found = all[start..].iter().filter(|(_, name)| fits(name));
        Ok(found.take(limit).map(|(id, _)| *id).collect())
    }

    async fn of_clinic(
        &self,
        conn: &mut Connection,
        sealer: &Sealer,
        clinic: ClinicId,
    ) -> Result<Vec<(PatientId, Name)>, StoreError> {
        let rows = sqlx::query("select id, version from core.patient where clinic_id = $1")
            .bind(clinic.as_uuid())
            .fetch_all(&mut *conn)
            .await?;
        let (mut found, mut missing) = (Vec::with_capacity(rows.len()), Vec::new());
        {
            let known = self.known();
            for row in &rows {
                let (id, version): (PatientId, i64) = (row.id("id")?, row.cell("version")?);
                match known.get(&id) {
                    Some((of, name)) if *of == version => found.push((id, Arc::clone(name))),
                    _ => missing.push(id.as_uuid()),
                }
            }
        }
        for some in missing.chunks(1_000) {
            let rows = sqlx::query(
                "select id, version, display_name_sealed from core.patient where id = any($1)",
            )
            .bind(some)
            .fetch_all(&mut *conn)
            .await?;
            let keys = unlock(sealer, &rows, &["display_name_sealed"]).await?;
            let mut known = self.known();
            if known.len() + rows.len() > BOUND {
                known.clear();
            }
            for row in &rows {
                let id: PatientId = row.id("id")?;
                let name = person::name(row, &keys, id)?;
                let name = Arc::new(Zeroizing::new(name.into_inner()));
                known.insert(id, (row.cell("version")?, Arc::clone(&name)));
                found.push((id, name));
            }
        }
        Ok(found)
    }
}
