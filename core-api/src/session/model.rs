//! How long a session lives.

use domain::{AccountId, ClinicId, OrganisationId, ProviderId, Role, Roles, SessionId};
use jiff::{SignedDuration, Timestamp};

/// How long a session lasts without a request.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_mins(15);

/// How stale `last_seen_at` may be: one write a half minute instead of one a request. A session
/// may therefore end up to this much before [`IDLE`] is over.
pub(crate) const TOUCH_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// How long a session of somebody with these roles lasts at most: the shortest of them counts.
pub(crate) fn lifetime(roles: &Roles) -> SignedDuration {
    let hours = roles.iter().map(|role| match role {
        Role::Patient | Role::FamilyMember => 24,
        Role::Clinician | Role::Coordinator => 8,
        Role::ClinicAdmin | Role::Compliance | Role::SuperAdmin => 4,
    });
    SignedDuration::from_hours(hours.min().unwrap_or(4))
}

/// A session as stored, with the rights of its account as they stand now.
pub(crate) struct SessionRecord {
    pub(crate) id: SessionId,
    pub(crate) account: AccountId,
    pub(crate) clinic: ClinicId,
    pub(crate) organisation: OrganisationId,
    pub(crate) roles: Roles,
    pub(crate) provider: Option<ProviderId>,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) ended: bool,
    pub(crate) account_disabled: bool,
}

/// Whether a session still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It counts; `stale` says that it should be marked as seen.
    Live {
        /// Whether the last mark is old enough for a new one.
        stale: bool,
    },
    /// It has ended by idling or age.
    Expired,
    /// It was ended: signed out, or its account was disabled.
    Ended,
}

impl SessionRecord {
    /// When the session ends without another request.
    pub(crate) fn idle_expires_at(&self) -> Timestamp {
        let idle = self.last_seen_at.saturating_add(IDLE);
        idle.map_or(self.expires_at, |idle| idle.min(self.expires_at))
    }

    /// Whether the session counts at `now`.
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        if self.ended || self.account_disabled {
            Standing::Ended
        } else if now >= self.idle_expires_at() {
            Standing::Expired
        } else {
            Standing::Live {
                stale: now.duration_since(self.last_seen_at) >= TOUCH_AFTER,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn session(last_seen: i64, expires: i64) -> SessionRecord {
        SessionRecord {
            id: Uuid::nil().into(),
            account: Uuid::nil().into(),
            clinic: Uuid::nil().into(),
            organisation: Uuid::nil().into(),
            roles: Roles::default(),
            provider: None,
            last_seen_at: at(last_seen),
            expires_at: at(expires),
            ended: false,
            account_disabled: false,
        }
    }

    #[test]
    fn idling_ends_a_session_after_a_quarter_of_an_hour() {
        let session = session(0, 100_000);
        assert_eq!(session.standing(at(29)), Standing::Live { stale: false });
        assert_eq!(session.standing(at(899)), Standing::Live { stale: true });
        assert_eq!(session.standing(at(900)), Standing::Expired);
    }

    #[test]
    fn age_ends_a_session_however_busy() {
        let session = session(990, 1_000);
        assert_eq!(session.idle_expires_at(), at(1_000));
        assert_eq!(session.standing(at(1_000)), Standing::Expired);
    }

    #[test]
    fn an_ended_session_and_a_disabled_account_count_no_more() {
        let mut record = session(0, 1_000);
        record.ended = true;
        assert_eq!(record.standing(at(1)), Standing::Ended);
        let mut record = session(0, 1_000);
        record.account_disabled = true;
        assert_eq!(record.standing(at(1)), Standing::Ended);
    }

    #[test]
    fn the_shortest_lifetime_counts() {
        let hours = |roles: &[Role]| lifetime(&roles.iter().copied().collect()).as_hours();
        assert_eq!(hours(&[Role::Patient]), 24);
        assert_eq!(hours(&[Role::Clinician]), 8);
        assert_eq!(hours(&[Role::Clinician, Role::ClinicAdmin]), 4);
    }
}
