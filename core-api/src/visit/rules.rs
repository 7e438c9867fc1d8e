//! Who may take which step of a visit, and when. Pure: the answer depends on nothing but the
//! arguments. That a step exists at all is decided by [`VisitState::after`].

use domain::{Permission, VisitAction, VisitState};
use jiff::Timestamp;

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::visit::model::{Offer, VisitRecord};

/// What a caller is to a visit. At least one of these holds, or the visit does not exist for
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Relation {
    /// They are its patient.
    pub(crate) patient: bool,
    /// They are its clinician.
    pub(crate) clinician: bool,
    /// They run the waiting room of its clinic.
    pub(crate) coordinator: bool,
    /// They see the schedule of its clinic.
    pub(crate) scheduler: bool,
}

impl Relation {
    /// What `caller` is to `visit`; none for a stranger.
    pub(crate) fn of(caller: &Caller, visit: &VisitRecord) -> Option<Self> {
        let scheduler = caller.clinic == visit.clinic && caller.may(Permission::ManageSchedule);
        let relation = Self {
            patient: visit.patient.account == Some(caller.account),
            clinician: visit.clinician.account == caller.account
                && caller.may(Permission::ConductVisit),
            coordinator: scheduler && caller.may(Permission::RunWaitingRoom),
            scheduler,
        };
        let related = relation.patient || relation.clinician || relation.scheduler;
        related.then_some(relation)
    }

    /// Whether they take part in the visit.
    pub(crate) const fn is_party(self) -> bool {
        self.patient || self.clinician
    }

    /// Whether a step is theirs to take.
    const fn may(self, action: VisitAction) -> bool {
        match action {
            VisitAction::CheckIn => self.patient || self.coordinator,
            VisitAction::Ready => self.patient,
            VisitAction::Admit | VisitAction::NoShow => self.clinician || self.coordinator,
            VisitAction::ReturnToWaiting | VisitAction::Complete => self.clinician,
            VisitAction::Cancel => self.patient || self.clinician || self.scheduler,
            // Only what signaling reports begins a visit.
            VisitAction::Start => false,
        }
    }
}

/// The state after somebody who is `relation` to `visit` takes the step `action` at `now`.
///
/// Refusals, the first that applies: not theirs to take; no such step from here; not now.
pub(crate) fn step(
    visit: &VisitRecord,
    relation: Relation,
    action: VisitAction,
    now: Timestamp,
) -> Result<VisitState, Refusal> {
    if !relation.may(action) {
        return Err(Refusal::Forbidden);
    }
    let state = visit.state.after(action).map_err(|illegal| {
        match (&visit.admission, action, visit.state.is_open()) {
            (Some(admission), VisitAction::Admit, true) => Refusal::AlreadyAdmitted {
                state: illegal.state,
                by: admission.display_name.clone(),
            },
            _ => Refusal::IllegalTransition {
                state: illegal.state,
                action,
            },
        }
    })?;
    match action {
        VisitAction::CheckIn | VisitAction::Ready | VisitAction::Admit => {
            within_window(visit, now)?;
        }
        VisitAction::NoShow if now < visit.starts_at => {
            return Err(Refusal::OutsideWindow {
                opens_at: visit.starts_at,
                closes_at: visit.window().closes_at,
            });
        }
        _ => {}
    }
    if action == VisitAction::Ready && !visit.consent_telehealth {
        return Err(Refusal::ConsentRequired);
    }
    Ok(state)
}

/// Whether somebody who is `relation` to `visit` may hold a media token at `now`.
pub(crate) fn join(visit: &VisitRecord, relation: Relation, now: Timestamp) -> Result<(), Refusal> {
    if !relation.is_party() {
        return Err(Refusal::Forbidden);
    }
    if !visit.state.is_open() {
        return Err(Refusal::NotAdmitted { state: visit.state });
    }
    within_window(visit, now)?;
    if !visit.consent_telehealth {
        return Err(Refusal::ConsentRequired);
    }
    Ok(())
}

fn within_window(visit: &VisitRecord, now: Timestamp) -> Result<(), Refusal> {
    let window = visit.window();
    if window.is_open(now) {
        return Ok(());
    }
    Err(Refusal::OutsideWindow {
        opens_at: window.opens_at,
        closes_at: window.closes_at,
    })
}

/// Everything the caller may ask of the visit now, in the order of a visit.
pub(crate) fn offers(visit: &VisitRecord, relation: Relation, now: Timestamp) -> Vec<Offer> {
    let steps = [
        (Offer::CheckIn, VisitAction::CheckIn),
        (Offer::Ready, VisitAction::Ready),
        (Offer::Admit, VisitAction::Admit),
        (Offer::ReturnToWaiting, VisitAction::ReturnToWaiting),
        (Offer::Complete, VisitAction::Complete),
        (Offer::Cancel, VisitAction::Cancel),
        (Offer::NoShow, VisitAction::NoShow),
    ];
    let mut offers: Vec<Offer> = steps
        .into_iter()
        .filter(|(_, action)| step(visit, relation, *action, now).is_ok())
        .map(|(offer, _)| offer)
        .collect();
    if join(visit, relation, now).is_ok() {
        offers.insert(0, Offer::Join);
    }
    offers
}
