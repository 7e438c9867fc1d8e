//! The rules, without storage.

use domain::{ClinicId, ErrorCode};
use protocol::{ConversationKind, MAX_TEXT};

/// The longest gap that a `resume` fills; a longer one is left to the history.
const MAX_GAP: u64 = 500;

/// Events read at once.
pub(crate) const PAGE: u32 = 100;

/// A conversation as one of its present members finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) kind: ConversationKind,
    pub(crate) clinic: ClinicId,
    pub(crate) closed: bool,
    pub(crate) head: u64,
}

impl Membership {
    pub(crate) const fn is_waiting_room(&self) -> bool {
        matches!(self.kind, ConversationKind::WaitingRoom)
    }

    /// Whether the member may write: to a visit's conversation until it is closed.
    pub(crate) const fn may_write(&self) -> Result<(), ErrorCode> {
        match (self.kind, self.closed) {
            (ConversationKind::WaitingRoom, _) => Err(ErrorCode::Forbidden),
            (ConversationKind::Visit, true) => Err(ErrorCode::ConversationClosed),
            (ConversationKind::Visit, false) => Ok(()),
        }
    }

    /// Whether the events after `after` are sent over the socket, or the client must read the
    /// history: the gap is too long, or the client claims to have seen what does not exist.
    pub(crate) const fn may_resume(&self, after: u64) -> bool {
        after <= self.head && self.head - after <= MAX_GAP
    }
}

/// Whether `text` may be a message: 1 to 16,384 bytes, not only white space.
pub(crate) fn check_text(text: &str) -> Result<(), ErrorCode> {
    if text.len() > MAX_TEXT {
        Err(ErrorCode::TooLarge)
    } else if text.trim().is_empty() {
        Err(ErrorCode::InvalidField)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership(kind: ConversationKind, closed: bool, head: u64) -> Membership {
        Membership {
            kind,
            clinic: uuid::Uuid::from_u128(1).into(),
            closed,
            head,
        }
    }

    #[test]
    fn only_an_open_visit_takes_messages() {
        use ConversationKind::{Visit, WaitingRoom};
        let may = |kind, closed| membership(kind, closed, 0).may_write();
        assert_eq!(may(Visit, false), Ok(()));
        assert_eq!(may(Visit, true), Err(ErrorCode::ConversationClosed));
        assert_eq!(may(WaitingRoom, false), Err(ErrorCode::Forbidden));
    }

    #[test]
    fn a_long_gap_and_an_impossible_position_need_the_history() {
        let visit = membership(ConversationKind::Visit, false, 1_000);
        assert!(visit.may_resume(1_000) && visit.may_resume(500));
        assert!(!visit.may_resume(499) && !visit.may_resume(1_001));
    }

    #[test]
    fn text_has_a_length() {
        assert_eq!(check_text("x"), Ok(()));
        assert_eq!(check_text(&"x".repeat(MAX_TEXT)), Ok(()));
        assert_eq!(
            check_text(&"x".repeat(MAX_TEXT + 1)),
            Err(ErrorCode::TooLarge)
        );
        assert_eq!(check_text(" \n"), Err(ErrorCode::InvalidField));
    }
}
