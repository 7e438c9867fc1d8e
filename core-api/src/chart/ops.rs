//! What can be done with charts.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, Events};
use domain::permission::{Action, Resource};
use domain::{VisitId, VisitState};

use crate::access::{deny, judge};
use crate::app::App;
use crate::caller::Caller;
use crate::chart::dto::Chart;
use crate::chart::model::EntryKind;
use crate::chart::store;
use crate::refusal::Refusal;
use crate::visit;

/// The chart of the patient of a visit. A visit that was called off opens no chart to its
/// clinician; lines about medication are for those who may read prescriptions.
pub(crate) async fn read(app: &App, caller: &Caller, id: VisitId) -> Result<Chart, Refusal> {
    let sealer = &app.seals.clinical;
    let entry = caller
        .did(Act::Read, ResourceType::Chart)
        .detail("visit", id.as_uuid());
    let mut tx = app.db.begin().await?;
    let found = visit::store::find(tx.conn(), sealer, id, caller.now()).await?;
    let (visit, relation) = match visit::ops::known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let patient = visit.patient.id;
    let entry = visit.mark(caller, entry);
    let rights = relation.rights;
    let mut judged = judge(rights.decide(Resource::ClinicalNotes, Action::Read));
    // A visit that was called off makes no care relationship, though its clinician knows of it.
    if visit.state == VisitState::Cancelled && relation.clinician {
        judged = Err(Refusal::Forbidden);
    }
    if let Err(refusal) = judged {
        return Err(deny(tx, entry, refusal).await);
    }
    let mut entries = store::entries(tx.conn(), sealer, patient).await?;
    if !rights.allow(Resource::Prescriptions, Action::Read) {
        entries.retain(|entry| entry.kind != EntryKind::Medication);
    }
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
