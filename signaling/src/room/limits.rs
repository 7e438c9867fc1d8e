//! How much one room, one participant and one message may hold.

use std::time::Duration;

use jiff::SignedDuration;

/// Bounds of a [`super::Rooms`]. Each protects the other rooms of the node from one of them.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Participants of one room.
    pub(crate) participants: usize,
    /// Announced tracks of one participant.
    pub(crate) tracks: usize,
    /// Bytes of one SDP.
    pub(crate) sdp: usize,
    /// Bytes of a client-made name or track id.
    pub(crate) text: usize,
    /// Track names in one subscription or settings message.
    pub(crate) batch: usize,
    /// Departures kept for a participant who is away.
    pub(crate) missed: usize,
    /// How long a participant is kept without a signal connection.
    pub(crate) departure: Duration,
    /// How long a participant is kept with a dead media path and a live signal connection.
    pub(crate) media: Duration,
    /// A token that counts for less than this is renewed.
    pub(crate) renew: SignedDuration,
    /// How long an announced track may wait for its media section.
    pub(crate) publish: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            participants: 200,
            tracks: 16,
            sdp: 256 * 1024,
            text: 256,
            batch: 256,
            missed: 64,
            departure: Duration::from_secs(15),
            media: Duration::from_secs(45),
            renew: SignedDuration::from_mins(5),
            publish: Duration::from_secs(30),
        }
    }
}
