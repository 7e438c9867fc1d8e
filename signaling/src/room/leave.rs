//! The ways a session ends.

use bus::journal::LeaveCause;
use livekit_protocol::DisconnectReason;
use livekit_protocol::leave_request::Action;

use super::CloseCode;

/// How one session ends: what core-api, the client and the others are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Departure {
    /// For the journal.
    pub(crate) cause: LeaveCause,
    /// For the client and the others.
    pub(crate) reason: DisconnectReason,
    /// What the client shall do now; none when it ended the session itself.
    pub(crate) action: Option<Action>,
    /// For the socket.
    pub(crate) close: CloseCode,
}

impl Departure {
    /// The client said goodbye.
    pub(crate) const LEFT: Self = Self {
        cause: LeaveCause::Client,
        reason: DisconnectReason::ClientInitiated,
        action: None,
        close: CloseCode::NORMAL,
    };
    /// The client did not come back in time.
    pub(crate) const LOST: Self = Self {
        cause: LeaveCause::Lost,
        reason: DisconnectReason::ConnectionTimeout,
        action: None,
        close: CloseCode::NORMAL,
    };
    /// The media path did not come back in time; a fresh session may find another.
    pub(crate) const MEDIA_LOST: Self = Self {
        cause: LeaveCause::MediaLost,
        reason: DisconnectReason::MediaFailure,
        action: Some(Action::Reconnect),
        close: CloseCode::NORMAL,
    };
    /// The same person opened the room elsewhere.
    pub(crate) const REPLACED: Self = Self {
        cause: LeaveCause::Replaced,
        reason: DisconnectReason::DuplicateIdentity,
        action: Some(Action::Disconnect),
        close: CloseCode::NORMAL,
    };
    /// No longer admitted.
    pub(crate) const REMOVED: Self = Self {
        cause: LeaveCause::Removed,
        reason: DisconnectReason::ParticipantRemoved,
        action: Some(Action::Disconnect),
        close: CloseCode::NORMAL,
    };
    /// The visit is over.
    pub(crate) const ENDED: Self = Self {
        cause: LeaveCause::Ended,
        reason: DisconnectReason::RoomDeleted,
        action: Some(Action::Disconnect),
        close: CloseCode::NORMAL,
    };
    /// The SFU cannot go on with this session, or has forgotten it.
    pub(crate) const RESTART: Self = Self {
        cause: LeaveCause::Restart,
        reason: DisconnectReason::StateMismatch,
        action: Some(Action::Reconnect),
        close: CloseCode::NORMAL,
    };
    /// The node is full. The client tries again for a while, and another node may take it.
    pub(crate) const OVERLOADED: Self = Self {
        cause: LeaveCause::Overloaded,
        reason: DisconnectReason::JoinFailure,
        action: Some(Action::Reconnect),
        close: CloseCode::OVERLOADED,
    };
    /// The server stops; clients try again until one answers.
    pub(crate) const SHUTDOWN: Self = Self {
        cause: LeaveCause::Shutdown,
        reason: DisconnectReason::ServerShutdown,
        action: Some(Action::Reconnect),
        close: CloseCode::NORMAL,
    };

    /// The client broke the protocol.
    pub(crate) const fn violation(close: CloseCode) -> Self {
        Self {
            cause: LeaveCause::Violation,
            reason: DisconnectReason::StateMismatch,
            action: Some(Action::Disconnect),
            close,
        }
    }
}
