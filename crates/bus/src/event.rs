//! Durable facts, as published after their transaction committed.

use domain::{AccountId, ClinicId, Role, SessionId, VisitId, VisitState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A committed fact with its place in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Positioned {
    /// 1, 2, 3 …: without gaps, in an order every reader agrees on.
    pub position: u64,
    /// The fact.
    pub event: Event,
}

/// What a publisher of events puts on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Published {
    /// A fact, possibly repeated.
    Event(Positioned),
    /// The last position assigned, once a second: a lost last event leaves no gap to notice.
    Digest {
        /// The highest assigned position; 0 when there is none.
        head: u64,
    },
}

/// A fact other services act on. Identifiers and states only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// An account came to be, changed roles or was disabled.
    AccountChanged {
        /// Whose.
        account: AccountId,
        /// Its clinic.
        clinic: ClinicId,
        /// The roles it now holds; empty when disabled.
        roles: Vec<Role>,
    },
    /// A session ended by sign-out, expiry or revocation: its sockets must close.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// Whose.
        account: AccountId,
    },
    /// A visit was booked or its parties changed: its conversation must exist with these members.
    VisitScheduled {
        /// Which.
        visit: VisitId,
        /// Where.
        clinic: ClinicId,
        /// The patient's account, if the patient has one.
        patient: Option<AccountId>,
        /// The clinician's account.
        clinician: AccountId,
        /// When it starts.
        starts_at: Timestamp,
    },
    /// A visit moved from one state to another.
    VisitStateChanged {
        /// Which.
        visit: VisitId,
        /// Where.
        clinic: ClinicId,
        /// The patient's account, if the patient has one.
        patient: Option<AccountId>,
        /// Where it stood.
        from: VisitState,
        /// Where it stands.
        to: VisitState,
        /// When it moved.
        at: Timestamp,
        /// Who moved it; none when the server did.
        by: Option<AccountId>,
        /// The visits waiting for the same clinician after the change, first in line first.
        queue: Vec<VisitId>,
    },
    /// The audit log does not verify: somebody must look.
    AuditDamaged {
        /// A stable word for what is wrong, such as `deleted`.
        finding: String,
        /// At which entry of the log, where one can be named.
        entry: Option<u64>,
    },
    /// A third party of a visit was invited, knocked, was let in or has to stay out.
    InvitationChanged {
        /// Of which visit.
        visit: VisitId,
        /// Where.
        clinic: ClinicId,
        /// Who they are in the media room: an account, or a guest by their invitation's id.
        identity: AccountId,
        /// What became of it.
        change: InvitationChange,
        /// When.
        at: Timestamp,
    },
}

/// What became of an invitation to a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationChange {
    /// It was made.
    Made,
    /// Its guest asks to come in.
    Knocked,
    /// They may come in, also if they were put out before or the door is shut.
    LetIn,
    /// They were put out, and stay out until they are let in again.
    Removed,
    /// It counts no more.
    Revoked,
}
