//! What can be done with charts.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events};
use domain::{VisitId, VisitState};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::chart::dto::Chart;
use crate::chart::store;
use crate::refusal::Refusal;
use crate::visit;

/// The chart of the patient of a visit, for its clinician. A visit that was called off opens no
/// chart.
pub(crate) async fn read(app: &App, caller: &Caller, id: VisitId) -> Result<Chart, Refusal> {
    let sealer = &app.seals.clinical;
    let entry = caller
        .did(Action::Read, ResourceType::Chart)
        .detail("visit", id.as_uuid());
    let mut tx = app.db.begin().await?;
    let found = visit::store::find(tx.conn(), sealer, id, caller.now()).await?;
    let (visit, relation) = match visit::ops::known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let patient = visit.patient.id;
    let entry = entry.patient(patient);
    if !relation.clinician || visit.state == VisitState::Cancelled {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    }
    let entries = store::entries(tx.conn(), sealer, patient).await?;
    let previous_visits =
        store::previous_visits(tx.conn(), patient, visit.id, visit.starts_at).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(Chart {
        patient: visit.patient.into(),
        reason: visit.reason.into_inner(),
        entries,
        previous_visits,
    })
}
