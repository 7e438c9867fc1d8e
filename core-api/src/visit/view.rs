//! A visit as one caller may see it.

use std::collections::HashMap;

use ::store::{Connection, StoreError};
use domain::{AccountId, ConversationId, Pii, ProviderId, VisitId};
use jiff::Timestamp;

use crate::caller::Caller;
use crate::journal;
use crate::journal::figures::Figures;
use crate::visit::dto::{Visit, VisitClinician, VisitPatient};
use crate::visit::model::{ClinicianParty, PatientParty, VisitRecord};
use crate::visit::queue::{self, Line};
use crate::visit::rules::{self, Relation};

impl From<PatientParty> for VisitPatient {
    fn from(party: PatientParty) -> Self {
        Self {
            id: party.id,
            account_id: party.account,
            display_name: party.display_name.into_inner(),
            date_of_birth: party.date_of_birth,
            sex: party.sex,
            pronouns: party.pronouns.map(Pii::into_inner),
        }
    }
}

impl From<ClinicianParty> for VisitClinician {
    fn from(party: ClinicianParty) -> Self {
        Self {
            id: party.id,
            account_id: party.account,
            display_name: party.display_name.into_inner(),
            specialty: party.specialty,
        }
    }
}

/// `visit` for somebody who is `relation` to it.
pub(crate) fn view(
    visit: VisitRecord,
    relation: Relation,
    line: Option<&Line>,
    figures: &[(AccountId, Figures)],
    now: Timestamp,
) -> Visit {
    let window = visit.window();
    Visit {
        media: journal::ops::media(&visit, relation, figures),
        actions: rules::offers(&visit, relation, now),
        queue: line.and_then(|line| line.place(visit.id, now)),
        id: visit.id,
        version: visit.version,
        state: visit.state,
        clinic_id: visit.clinic,
        appointment_id: visit.appointment,
        starts_at: visit.starts_at,
        ends_at: visit.ends_at,
        window_opens_at: window.opens_at,
        window_closes_at: window.closes_at,
        reason: visit.reason.into_inner(),
        visit_type: visit.visit_type,
        patient: visit.patient.into(),
        clinician: visit.clinician.into(),
        checked_in_at: visit.checked_in_at,
        ready_at: visit.ready_at,
        admitted_at: visit.admission.as_ref().map(|admission| admission.at),
        admitted_by: visit.admission.map(|admission| admission.account),
        started_at: visit.started_at,
        ended_at: visit.ended_at,
        conversation_id: ConversationId::for_visit(visit.id),
        consent_telehealth: visit.consent_telehealth,
        device_check: visit.device_check,
    }
}

/// `visits` as `caller` may see them, with their places in line. Visits of strangers are left
/// out.
pub(crate) async fn views(
    conn: &mut Connection,
    caller: &Caller,
    visits: Vec<VisitRecord>,
) -> Result<Vec<Visit>, StoreError> {
    let mut providers: Vec<ProviderId> = visits
        .iter()
        .filter(|visit| visit.state.is_waiting())
        .map(|visit| visit.clinician.id)
        .collect();
    providers.sort_unstable();
    providers.dedup();
    let lines = if providers.is_empty() {
        HashMap::new()
    } else {
        queue::store::lines(conn, &providers, caller.now()).await?
    };
    let over = visits.iter().filter(|visit| visit.state.is_final());
    let over: Vec<VisitId> = over.map(|visit| visit.id).collect();
    let figures = if over.is_empty() {
        HashMap::new()
    } else {
        journal::store::figures(conn, &over).await?
    };
    let view = |visit: VisitRecord| {
        let relation = Relation::of(caller, &visit)?;
        let line = lines.get(&visit.clinician.id);
        let figures = figures.get(&visit.id).map_or(&[][..], Vec::as_slice);
        Some(view(visit, relation, line, figures, caller.now()))
    };
    Ok(visits.into_iter().filter_map(view).collect())
}
