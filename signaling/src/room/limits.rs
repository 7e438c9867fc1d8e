//! How much one room, one participant and one message may hold.

use std::time::Duration;

use jiff::SignedDuration;

/// Bounds of a [`super::Rooms`]. Each protects the other rooms of the node from one of them.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Participants of one room.
    pub(crate) participants: usize,
    /// With more participants than this a room is a crowd: news goes out together, and cameras
    /// are received of so many only without asking (see [`super::stage`]).
    pub(crate) crowd: usize,
    /// How long news waits in a crowd for more of its kind.
    pub(crate) news: Duration,
    /// Announced tracks of one participant.
    pub(crate) tracks: usize,
    /// Bytes of one SDP.
    pub(crate) sdp: usize,
    /// Bytes of a client-made name or track id.
    pub(crate) text: usize,
    /// Bytes of a participant's metadata, and of its attributes together, names and values.
    pub(crate) metadata: usize,
    /// Track names in one subscription or settings message.
    pub(crate) batch: usize,
    /// Departures kept for a participant who is away.
    pub(crate) missed: usize,
    /// How long a participant is kept without a signal connection.
    pub(crate) departure: Duration,
    /// How long a participant is kept with a dead media path and a live signal connection.
    pub(crate) media: Duration,
    /// How long new rooms are turned away after the SFU refused somebody.
    pub(crate) overload: Duration,
    /// A token that counts for less than this is renewed.
    pub(crate) renew: SignedDuration,
    /// How long an announced track may wait for its media section.
    pub(crate) publish: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            participants: 200,
            crowd: 12,
            news: Duration::from_millis(100),
            tracks: 16,
            sdp: 256 * 1024,
            text: 256,
            metadata: 16 * 1024,
            batch: 256,
            missed: 64,
            departure: Duration::from_secs(15),
            media: Duration::from_secs(45),
            overload: Duration::from_secs(2),
            renew: SignedDuration::from_mins(5),
            publish: Duration::from_secs(30),
        }
    }
}
