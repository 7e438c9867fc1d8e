//! The journal of visits: what happened in media rooms, entry by entry, on its way from signaling
//! to core-api. Identifiers, words of the program and counts; nothing a person said or is called.
//!
//! # Contract
//! Signaling writes each [`Entry`] to disk before it tells it, and repeats until it is stored. It
//! travels in a [`Batch`], and its place is `(journal, seq)`: one `journal` a life of signaling,
//! and 1, 2, 3 … without gaps within it. Whoever stores entries keeps a place once.
//!
//! Within a room's life (`session`) entries are numbered too. A gap there means that entries were
//! lost for want of room on disk; nothing else makes one.

use domain::{AccountId, VisitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::media::{
    LayerReason, MediaPath, MediaReport, ParticipantSid, Quality, QualityReason, Target, TrackSid,
};

/// Entries of a [`Batch`] at most.
pub const MAX_BATCH: usize = 128;

/// Entries that follow each other in one journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Which: one random value per life of signaling.
    pub journal: u64,
    /// The place of the first entry, from 1; the others follow without gaps.
    pub first: u64,
    /// 1 to [`MAX_BATCH`].
    pub entries: Vec<Entry>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose room.
    pub visit: VisitId,
    /// One random value per life of the room on a node. An attempt that met no room has a value
    /// of its own.
    pub session: u64,
    /// 1, 2, 3 … within that life.
    pub number: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who it concerns.
    pub account: AccountId,
    /// The participant's session; none for whoever did not get in.
    pub participant: Option<ParticipantSid>,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// Somebody with a good token was not let in.
    Refused {
        /// Why.
        reason: RefusedFor,
    },
    /// Joined with a fresh session.
    Joined,
    /// Came back to the same session after its signal connection was lost.
    Resumed,
    /// The session ended.
    Left {
        /// How.
        cause: LeaveCause,
    },
    /// How packets travel: at first and after each change.
    Path {
        /// Of which connection.
        target: Target,
        /// How.
        path: MediaPath,
    },
    /// The participant muted a track of its own, or was muted.
    Muted {
        /// Which.
        track: TrackSid,
        /// What it shows or sounds like.
        source: TrackSource,
    },
    /// The participant took it back.
    Unmuted {
        /// Which.
        track: TrackSid,
        /// What it shows or sounds like.
        source: TrackSource,
    },
    /// The participant shares a screen.
    ShareStarted {
        /// Which track.
        track: TrackSid,
    },
    /// The participant shares it no longer.
    ShareStopped {
        /// Which track.
        track: TrackSid,
    },
    /// Another layer of somebody's video reaches the participant, or none.
    Layer {
        /// Which track.
        track: TrackSid,
        /// What flows; none when nothing does.
        quality: Option<Quality>,
        /// Why.
        reason: LayerReason,
    },
    /// Somebody's video no longer reaches the participant, for want of bandwidth.
    StreamPaused {
        /// Which track.
        track: TrackSid,
    },
    /// It does again.
    StreamResumed {
        /// Which track.
        track: TrackSid,
    },
    /// The participant's connection is better or worse than before, as the room was told.
    Connection {
        /// How good it is.
        verdict: Verdict,
        /// What makes it worse than excellent, if that is known.
        reason: Option<QualityReason>,
    },
    /// What the participant's media did in the last minute, or in the rest of the session.
    Quality {
        /// What it did.
        report: MediaReport,
    },
    /// So much happened in this room's life that from here on only comings and goings, paths and
    /// quality are entered.
    Abridged,
}

impl Happening {
    /// Whether the journal would be wrong without it. The rest is left out first when there is
    /// little room.
    pub const fn is_vital(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Joined
                | Self::Resumed
                | Self::Left { .. }
                | Self::Path { .. }
                | Self::Abridged
        )
    }
}

/// Why somebody with a good token was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedFor {
    /// The visit is over.
    Ended,
    /// They are no longer admitted.
    NotAdmitted,
    /// The room holds as many as it may.
    Full,
    /// There is no media engine at the moment.
    Unavailable,
    /// Somebody in charge shut the door.
    Locked,
    /// The node is full.
    Overloaded,
    /// The node is about to stop.
    Draining,
    /// They came in again and again.
    TooOften,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveCause {
    /// They left on purpose.
    Client,
    /// The signal connection did not come back in time.
    Lost,
    /// The media path did not come back in time.
    MediaLost,
    /// The same person opened the room elsewhere.
    Replaced,
    /// They are no longer admitted, or a moderator removed them.
    Removed,
    /// The visit is over.
    Ended,
    /// They broke the protocol.
    Violation,
    /// The media engine could not go on with the session, or forgot it.
    Restart,
    /// The node turned out to be full.
    Overloaded,
    /// The server stopped.
    Shutdown,
}

impl RefusedFor {
    /// The stable word, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::NotAdmitted => "not_admitted",
            Self::Full => "full",
            Self::Unavailable => "unavailable",
            Self::Locked => "locked",
            Self::Overloaded => "overloaded",
            Self::Draining => "draining",
            Self::TooOften => "too_often",
        }
    }
}

impl LeaveCause {
    /// The stable word, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Lost => "lost",
            Self::MediaLost => "media_lost",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
            Self::Ended => "ended",
            Self::Violation => "violation",
            Self::Restart => "restart",
            Self::Overloaded => "overloaded",
            Self::Shutdown => "shutdown",
        }
    }
}

/// How good a connection is, in the words that clients show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to wish for.
    Excellent,
    /// Somebody who listens closely notices.
    Good,
    /// Hard to follow.
    Poor,
    /// No media path.
    Lost,
}

/// What a track shows or sounds like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackSource {
    /// A camera.
    Camera,
    /// A microphone.
    Microphone,
    /// A screen or window.
    Screen,
    /// The sound of what is shared.
    ScreenAudio,
    /// The client did not say.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{FlowReport, Flows};

    fn entry(what: Happening) -> Entry {
        Entry {
            visit: "01900000-0000-7000-8000-000000000001".parse().expect("id"),
            session: u64::MAX,
            number: 7,
            at: Timestamp::UNIX_EPOCH,
            account: "01900000-0000-7000-8000-00000000000a".parse().expect("id"),
            participant: Some("PA_1".into()),
            what,
        }
    }

    #[test]
    fn every_kind_of_entry_survives_json() {
        let track: TrackSid = "TR_1".into();
        let flow = FlowReport {
            packets: u64::MAX,
            jitter_ms: Some(3),
            ..FlowReport::default()
        };
        let report = MediaReport {
            period_ms: 60_000,
            up: Flows {
                audio: flow,
                ..Flows::default()
            },
            ..MediaReport::default()
        };
        for what in [
            Happening::Refused {
                reason: RefusedFor::NotAdmitted,
            },
            Happening::Joined,
            Happening::Resumed,
            Happening::Left {
                cause: LeaveCause::MediaLost,
            },
            Happening::Path {
                target: Target::Publisher,
                path: MediaPath::TurnTls,
            },
            Happening::Muted {
                track: track.clone(),
                source: TrackSource::Microphone,
            },
            Happening::Unmuted {
                track: track.clone(),
                source: TrackSource::Camera,
            },
            Happening::ShareStarted {
                track: track.clone(),
            },
            Happening::ShareStopped {
                track: track.clone(),
            },
            Happening::Layer {
                track: track.clone(),
                quality: None,
                reason: LayerReason::Bandwidth,
            },
            Happening::StreamPaused {
                track: track.clone(),
            },
            Happening::StreamResumed { track },
            Happening::Connection {
                verdict: Verdict::Poor,
                reason: Some(QualityReason::UplinkLoss),
            },
            Happening::Quality { report },
            Happening::Abridged,
        ] {
            let batch = Batch {
                journal: u64::MAX - 1,
                first: 1,
                entries: vec![entry(what)],
            };
            let json = serde_json::to_string(&batch).expect("written");
            let read: Batch = serde_json::from_str(&json).expect("read");
            assert_eq!(read, batch);
        }
    }

    #[test]
    fn names_are_the_words_of_json() {
        for reason in [
            RefusedFor::Ended,
            RefusedFor::NotAdmitted,
            RefusedFor::Full,
            RefusedFor::Unavailable,
            RefusedFor::Locked,
            RefusedFor::Overloaded,
            RefusedFor::Draining,
            RefusedFor::TooOften,
        ] {
            assert_eq!(serde_json::to_value(reason).expect("word"), reason.name());
        }
        for cause in [
            LeaveCause::Client,
            LeaveCause::Lost,
            LeaveCause::MediaLost,
            LeaveCause::Replaced,
            LeaveCause::Removed,
            LeaveCause::Ended,
            LeaveCause::Violation,
            LeaveCause::Restart,
            LeaveCause::Overloaded,
            LeaveCause::Shutdown,
        ] {
            assert_eq!(serde_json::to_value(cause).expect("word"), cause.name());
        }
    }

    #[test]
    fn the_words_on_disk_are_these() {
        let left = entry(Happening::Left {
            cause: LeaveCause::Client,
        });
        let json = serde_json::to_value(&left).expect("written");
        assert_eq!(
            (&json["kind"], &json["cause"], &json["session"]),
            (&"left".into(), &"client".into(), &u64::MAX.into())
        );
    }
}
