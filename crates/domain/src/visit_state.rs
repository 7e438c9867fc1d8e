//! The visit state machine: which step follows which. Who may take a step, and when, is decided
//! in core-api; that it exists at all is decided here.

use serde::{Deserialize, Serialize};

/// Where a visit stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    ts_rs::TS,
)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum VisitState {
    /// Booked; nobody is here yet.
    Scheduled,
    /// The patient is here; set-up (devices, consents) is not finished.
    CheckedIn,
    /// The patient waits to be admitted.
    Ready,
    /// The patient may obtain a media token.
    Admitted,
    /// At least one party has joined the media room since admission.
    InProgress,
    /// Ended by the clinician.
    Completed,
    /// Called off before it took place.
    Cancelled,
    /// The patient did not come.
    NoShow,
}

/// A step somebody asks for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    ts_rs::TS,
)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum VisitAction {
    /// The patient arrives.
    CheckIn,
    /// Set-up is finished.
    Ready,
    /// A clinician or coordinator lets the patient in.
    Admit,
    /// The first party joins the media room.
    Start,
    /// The patient goes back to waiting.
    ReturnToWaiting,
    /// The clinician ends the visit.
    Complete,
    /// The visit is called off.
    Cancel,
    /// The patient did not come.
    NoShow,
}

/// The step does not exist from this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a visit that is {} cannot {}", .state.name(), .action.name())]
pub struct IllegalTransition {
    /// Where the visit stands.
    pub state: VisitState,
    /// What was asked.
    pub action: VisitAction,
}

impl VisitState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Scheduled,
        Self::CheckedIn,
        Self::Ready,
        Self::Admitted,
        Self::InProgress,
        Self::Completed,
        Self::Cancelled,
        Self::NoShow,
    ];

    /// The stable name used in storage and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::CheckedIn => "checked_in",
            Self::Ready => "ready",
            Self::Admitted => "admitted",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// The state of that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state after `action`.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the machine has no such step; nothing changes.
    pub const fn after(self, action: VisitAction) -> Result<Self, IllegalTransition> {
        use VisitAction as A;
        use VisitState as S;
        Ok(match (self, action) {
            (S::Scheduled, A::CheckIn) => S::CheckedIn,
            (S::CheckedIn, A::Ready) | (S::Admitted | S::InProgress, A::ReturnToWaiting) => {
                S::Ready
            }
            (S::CheckedIn | S::Ready, A::Admit) => S::Admitted,
            (S::Admitted, A::Start) => S::InProgress,
            (S::Admitted | S::InProgress, A::Complete) => S::Completed,
            (S::Scheduled | S::CheckedIn | S::Ready, A::Cancel) => S::Cancelled,
            (S::Scheduled, A::NoShow) => S::NoShow,
            (state, action) => return Err(IllegalTransition { state, action }),
        })
    }

    /// Whether the patient is in the queue.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::CheckedIn | Self::Ready)
    }

    /// Whether a party may hold a media token.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Admitted | Self::InProgress)
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::NoShow)
    }
}

impl VisitAction {
    /// Every action.
    pub const ALL: [Self; 8] = [
        Self::CheckIn,
        Self::Ready,
        Self::Admit,
        Self::Start,
        Self::ReturnToWaiting,
        Self::Complete,
        Self::Cancel,
        Self::NoShow,
    ];

    /// The stable name used in JSON and the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CheckIn => "check_in",
            Self::Ready => "ready",
            Self::Admit => "admit",
            Self::Start => "start",
            Self::ReturnToWaiting => "return_to_waiting",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
            Self::NoShow => "no_show",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_machine() {
        use VisitAction as A;
        use VisitState as S;
        let legal = [
            (S::Scheduled, A::CheckIn, S::CheckedIn),
            (S::Scheduled, A::Cancel, S::Cancelled),
            (S::Scheduled, A::NoShow, S::NoShow),
            (S::CheckedIn, A::Ready, S::Ready),
            (S::CheckedIn, A::Admit, S::Admitted),
            (S::CheckedIn, A::Cancel, S::Cancelled),
            (S::Ready, A::Admit, S::Admitted),
            (S::Ready, A::Cancel, S::Cancelled),
            (S::Admitted, A::Start, S::InProgress),
            (S::Admitted, A::ReturnToWaiting, S::Ready),
            (S::Admitted, A::Complete, S::Completed),
            (S::InProgress, A::ReturnToWaiting, S::Ready),
            (S::InProgress, A::Complete, S::Completed),
        ];
        for state in S::ALL {
            for action in A::ALL {
                let expected = legal
                    .iter()
                    .find(|(from, step, _)| *from == state && *step == action)
                    .map(|(_, _, to)| *to)
                    .ok_or(IllegalTransition { state, action });
                assert_eq!(state.after(action), expected, "{state:?} {action:?}");
            }
        }
    }

    #[test]
    fn nothing_follows_a_final_state() {
        for state in VisitState::ALL.into_iter().filter(|state| state.is_final()) {
            assert!(
                VisitAction::ALL
                    .into_iter()
                    .all(|action| state.after(action).is_err())
            );
        }
    }

    #[test]
    fn names_round_trip() {
        for state in VisitState::ALL {
            assert_eq!(VisitState::from_name(state.name()), Some(state));
        }
    }
}
