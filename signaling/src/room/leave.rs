//! The ways a session ends.

use bus::command::RoomEventKind;
use livekit_protocol::DisconnectReason;
use livekit_protocol::leave_request::Action;

use super::CloseCode;

/// How one session ends: what core-api, the client and the others are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Departure {
    /// For core-api.
    pub(crate) fact: RoomEventKind,
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
        fact: RoomEventKind::Left,
        reason: DisconnectReason::ClientInitiated,
        action: None,
        close: CloseCode::NORMAL,
    };
    /// The client did not come back in time.
    pub(crate) const LOST: Self = Self {
        fact: RoomEventKind::Lost,
        reason: DisconnectReason::ConnectionTimeout,
        action: None,
        close: CloseCode::NORMAL,
    };
    /// The media path did not come back in time; a fresh session may find another.
    pub(crate) const MEDIA_LOST: Self = Self {
        fact: RoomEventKind::Lost,
        reason: DisconnectReason::MediaFailure,
        action: Some(Action::Reconnect),
        close: CloseCode::NORMAL,
    };
    /// The same person opened the room elsewhere.
    pub(crate) const REPLACED: Self = Self {
        fact: RoomEventKind::Removed,
        reason: DisconnectReason::DuplicateIdentity,
        action: Some(Action::Disconnect),
        close: CloseCode::NORMAL,
    };
    /// No longer admitted.
    pub(crate) const REMOVED: Self = Self {
        fact: RoomEventKind::Removed,
        reason: DisconnectReason::ParticipantRemoved,
        action: Some(Action::Disconnect),
        close: CloseCode::NORMAL,
    };
    /// The visit is over.
    pub(crate) const ENDED: Self = Self {
        fact: RoomEventKind::Removed,
        reason: DisconnectReason::RoomDeleted,
        action: Some(Action::Disconnect),
        close: CloseCode::NORMAL,
    };
    /// The SFU cannot go on with this session, or has forgotten it.
    pub(crate) const RESTART: Self = Self {
        fact: RoomEventKind::Lost,
        reason: DisconnectReason::StateMismatch,
        action: Some(Action::Reconnect),
        close: CloseCode::NORMAL,
    };
    /// The node is full. The client tries again for a while, and another node may take it.
    pub(crate) const OVERLOADED: Self = Self {
        fact: RoomEventKind::Lost,
        reason: DisconnectReason::JoinFailure,
        action: Some(Action::Reconnect),
        close: CloseCode::OVERLOADED,
    };
    /// The server stops; clients try again until one answers.
    pub(crate) const SHUTDOWN: Self = Self {
        fact: RoomEventKind::Lost,
        reason: DisconnectReason::ServerShutdown,
        action: Some(Action::Reconnect),
        close: CloseCode::NORMAL,
    };

    /// The client broke the protocol.
    pub(crate) const fn violation(close: CloseCode) -> Self {
        Self {
            fact: RoomEventKind::Removed,
            reason: DisconnectReason::StateMismatch,
            action: Some(Action::Disconnect),
            close,
        }
    }
}
