//! Who may take which step of a visit, and when. Pure: the answer depends on nothing but the
//! arguments. That a step exists at all is decided by [`VisitState::after`].

use domain::permission::{Action, Circle, Resource, Rights};
use domain::{AccountId, Roles, VisitAction, VisitState};
use jiff::Timestamp;

use crate::caller::Caller;
use crate::moderation;
use crate::refusal::Refusal;
use crate::visit::model::{Offer, VisitRecord};

/// What a caller is to a visit, and what the permission table lets them do to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Relation {
    /// They are its patient.
    pub(crate) patient: bool,
    /// They are its clinician.
    pub(crate) clinician: bool,
    /// They run the waiting room of its clinic.
    pub(crate) coordinator: bool,
    /// What they may do to it and to what belongs to it.
    pub(crate) rights: Rights,
}

impl Relation {
    /// What `caller` is to `visit`; none for somebody who must not know of it.
    pub(crate) fn of(caller: &Caller, visit: &VisitRecord) -> Option<Self> {
        let circle = visit.reach.circle(caller, visit.attended_by(caller));
        Self::within(&caller.roles, &circle)
    }

    /// What somebody with `roles` is, who is `circle` to a visit.
    fn within(roles: &Roles, circle: &Circle) -> Option<Self> {
        let rights = Rights::of(roles, circle);
        let admits = rights.allow(Resource::Visit, Action::Admit);
        let relation = Self {
            patient: circle.own && rights.allow(Resource::Visit, Action::Prepare),
            clinician: rights.allow(Resource::Visit, Action::Conduct),
            coordinator: admits && roles.reach_clinic(Resource::Visit, Action::Admit),
            rights,
        };
        rights
            .allow(Resource::Visit, Action::Read)
            .then_some(relation)
    }

    /// What `account` is to the room of `visit`, where nobody counts but its two parties.
    pub(crate) fn in_room(account: AccountId, visit: &VisitRecord) -> Self {
        Self {
            patient: visit.patient.account == Some(account),
            clinician: visit.clinician.account == account,
            coordinator: false,
            rights: Rights::default(),
        }
    }

    /// Whether they take part in the visit.
    pub(crate) const fn is_party(self) -> bool {
        self.patient || self.clinician
    }

    /// Whether a step is theirs to take.
    fn may(self, step: VisitAction) -> bool {
        let action = match step {
            VisitAction::CheckIn => Action::CheckIn,
            VisitAction::Ready => Action::Prepare,
            VisitAction::Admit | VisitAction::NoShow => Action::Admit,
            VisitAction::ReturnToWaiting | VisitAction::Complete => Action::Conduct,
            VisitAction::Cancel => Action::Cancel,
            // Only what signaling reports begins a visit.
            VisitAction::Start => return false,
        };
        self.rights.allow(Resource::Visit, action)
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
    if action == VisitAction::Ready {
        consented(visit)?;
    }
    Ok(state)
}

/// Whether somebody who is `relation` to `visit` may come into its media room at `now`.
pub(crate) fn join(visit: &VisitRecord, relation: Relation, now: Timestamp) -> Result<(), Refusal> {
    admitted(visit, relation)?;
    within_window(visit, now)?;
    consented(visit)?;
    moderation::model::enter(visit, relation)
}

/// Whether somebody who is `relation` to `visit`, and in its media room, may stay there: all that
/// [`join`] asks but the window and the lock. The window says when a visit can be entered; a call that runs
/// late is ended by its clinician and not by the clock. `room::store::statuses` says the same, so
/// whoever is left in the room is given the next token, and whoever is being removed is not.
pub(crate) fn stay(visit: &VisitRecord, relation: Relation) -> Result<(), Refusal> {
    admitted(visit, relation)?;
    consented(visit)?;
    moderation::model::stay(visit, relation)
}

fn admitted(visit: &VisitRecord, relation: Relation) -> Result<(), Refusal> {
    if !relation.is_party() {
        return Err(Refusal::Forbidden);
    }
    if !visit.state.is_open() {
        return Err(Refusal::NotAdmitted { state: visit.state });
    }
    Ok(())
}

fn consented(visit: &VisitRecord) -> Result<(), Refusal> {
    if visit.consent_telehealth {
        Ok(())
    } else {
        Err(Refusal::ConsentRequired)
    }
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

#[cfg(test)]
mod tests {
    use domain::{AccountId, Pii, Role};
    use jiff::SignedDuration;
    use jiff::civil::Date;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::access::{Reach, Standing};
    use crate::appointment::model::VisitType;
    use crate::moderation::model::Door;
    use crate::patient::model::Sex;
    use crate::visit::model::{AdmittedBy, ClinicianParty, PatientParty};

    fn relation(role: Role, circle: Circle) -> Relation {
        Relation::within(&Roles::new([role]), &circle).expect("known to them")
    }

    fn patient() -> Relation {
        let own = Circle {
            own: true,
            ..Circle::default()
        };
        relation(Role::Patient, own)
    }

    fn clinician() -> Relation {
        let attending = Circle {
            attending: true,
            ..Circle::CLINIC
        };
        relation(Role::Clinician, attending)
    }

    fn coordinator() -> Relation {
        relation(Role::Coordinator, Circle::CLINIC)
    }

    fn admin() -> Relation {
        relation(Role::ClinicAdmin, Circle::CLINIC)
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    /// Booked from minute 100 to 130: the window is 70 to 190.
    fn visit(state: VisitState, consent: bool) -> VisitRecord {
        let admission = AdmittedBy {
            at: at(100),
            account: AccountId::from(Uuid::nil()),
            display_name: Pii::new("Mina Lee".into()),
        };
        VisitRecord {
            id: Uuid::nil().into(),
            version: 1,
            state,
            clinic: Uuid::nil().into(),
            reach: Reach {
                clinic: Uuid::nil().into(),
                organisation: Uuid::nil().into(),
                standing: Standing::default(),
            },
            is_near: true,
            appointment: Uuid::nil().into(),
            starts_at: at(100),
            ends_at: at(130),
            reason: Pii::default(),
            visit_type: VisitType::Video,
            patient: PatientParty {
                id: Uuid::nil().into(),
                account: None,
                display_name: Pii::default(),
                date_of_birth: Date::ZERO,
                sex: Sex::Unknown,
                pronouns: None,
            },
            clinician: ClinicianParty {
                id: Uuid::nil().into(),
                account: Uuid::nil().into(),
                display_name: Pii::default(),
                specialty: String::new(),
            },
            checked_in_at: None,
            ready_at: None,
            admission: state.is_open().then_some(admission),
            started_at: None,
            ended_at: None,
            device_check: None,
            consent_telehealth: consent,
            door: Door::default(),
        }
    }

    fn relations() -> impl Strategy<Value = Relation> {
        prop::sample::select(vec![patient(), clinician(), coordinator(), admin()])
    }

    fn states() -> impl Strategy<Value = VisitState> {
        prop::sample::select(VisitState::ALL.to_vec())
    }

    fn actions() -> impl Strategy<Value = VisitAction> {
        prop::sample::select(VisitAction::ALL.to_vec())
    }

    const fn offer_of(action: VisitAction) -> Option<Offer> {
        Some(match action {
            VisitAction::CheckIn => Offer::CheckIn,
            VisitAction::Ready => Offer::Ready,
            VisitAction::Admit => Offer::Admit,
            VisitAction::ReturnToWaiting => Offer::ReturnToWaiting,
            VisitAction::Complete => Offer::Complete,
            VisitAction::Cancel => Offer::Cancel,
            VisitAction::NoShow => Offer::NoShow,
            VisitAction::Start => return None,
        })
    }

    proptest! {
        /// A door opens only for a party of an open visit, inside its window, with consent.
        #[test]
        fn a_token_needs_all_four(
            relation in relations(),
            state in states(),
            consent: bool,
            minute in 0_i64..250,
        ) {
            let visit = visit(state, consent);
            let opened = join(&visit, relation, at(minute)).is_ok();
            let party = relation == patient() || relation == clinician();
            let inside = (70..190).contains(&minute);
            prop_assert_eq!(opened, party && state.is_open() && inside && consent);
            // Inside, all but the window decides.
            let stays = stay(&visit, relation).is_ok();
            prop_assert_eq!(stays, party && state.is_open() && consent);
        }

        /// What is offered is exactly what would be granted.
        #[test]
        fn offers_keep_their_word(
            relation in relations(),
            state in states(),
            consent: bool,
            minute in 0_i64..250,
        ) {
            let visit = visit(state, consent);
            let offers = offers(&visit, relation, at(minute));
            for action in VisitAction::ALL {
                let granted = step(&visit, relation, action, at(minute)).is_ok();
                let offered = offer_of(action).is_some_and(|offer| offers.contains(&offer));
                prop_assert_eq!(granted, offered, "{:?}", action);
            }
            let joins = join(&visit, relation, at(minute)).is_ok();
            prop_assert_eq!(joins, offers.contains(&Offer::Join));
        }

        /// However people act, a visit follows the machine, ends for good, and opens its door only
        /// after somebody other than the patient let the patient in.
        #[test]
        fn no_sequence_of_steps_opens_the_door_by_itself(
            steps in prop::collection::vec((relations(), actions(), 0_i64..20), 1..40),
        ) {
            let (mut state, mut minute, mut admitted) = (VisitState::Scheduled, 60, false);
            for (relation, action, wait) in steps {
                minute += wait;
                let before = visit(state, true);
                let Ok(next) = step(&before, relation, action, at(minute)) else { continue };
                prop_assert_eq!(state.after(action), Ok(next));
                prop_assert!(!state.is_final());
                if action == VisitAction::Admit {
                    prop_assert!(relation == clinician() || relation == coordinator());
                    admitted = true;
                } else if next.is_waiting() {
                    admitted = false;
                }
                state = next;
                if join(&visit(state, true), patient(), at(minute)).is_ok() {
                    prop_assert!(admitted);
                }
            }
        }
    }

    #[test]
    fn the_loser_of_two_admissions_learns_who_won() {
        let visit = visit(VisitState::Admitted, true);
        let refusal = step(&visit, coordinator(), VisitAction::Admit, at(100)).unwrap_err();
        assert!(matches!(
            refusal,
            Refusal::AlreadyAdmitted { by, .. } if by.reveal() == "Mina Lee"
        ));
    }

    #[test]
    fn a_visit_is_begun_by_nobody_who_asks() {
        let visit = visit(VisitState::Admitted, true);
        for relation in [patient(), clinician(), coordinator(), admin()] {
            let refusal = step(&visit, relation, VisitAction::Start, at(100)).unwrap_err();
            assert!(matches!(refusal, Refusal::Forbidden));
        }
    }

    #[test]
    fn the_window_includes_its_opening_and_excludes_its_close() {
        let window = visit(VisitState::Scheduled, true).window();
        let second = SignedDuration::from_secs(1);
        assert!(window.is_open(at(70)) && !window.is_open(at(70) - second));
        assert!(!window.is_open(at(190)) && window.is_open(at(190) - second));
    }
}
