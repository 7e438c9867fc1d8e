//! How long a session lives.

use domain::{AccountId, ClinicId, OrganisationId, ProviderId, Role, Roles, SessionId};
use jiff::{SignedDuration, Timestamp};

/// How long a session lasts without a request.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_mins(15);

/// How stale `last_seen_at` may be: one write a half minute instead of one a request. A session
/// may therefore end up to this much before [`IDLE`] is over.
pub(crate) const TOUCH_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// How long a session that serves only to enrol a second factor lasts.
const ENROLMENT: SignedDuration = SignedDuration::from_mins(30);

/// How long a step-up counts.
pub(crate) const STEP_UP: SignedDuration = SignedDuration::from_mins(5);

/// How long a session that activity renews lasts at most (NIST SP 800-63B, section 2.1.3).
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Sessions of one account that go on side by side; the one unused for longest makes room.
pub(crate) const MOST: i64 = 10;

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What its account may.
    Full,
    /// Enrol a second factor.
    Enrolment,
}

impl Scope {
    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Enrolment => "enrolment",
        }
    }

    /// The scope of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Full, Self::Enrolment]
            .into_iter()
            .find(|scope| scope.name() == name)
    }
}

/// How long sessions of somebody last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    length: SignedDuration,
    /// Whether activity renews them.
    slides: bool,
}

impl Lifetime {
    /// With these roles: the shortest lifetime of them counts.
    pub(crate) fn of(roles: &Roles) -> Self {
        let hours = roles.iter().map(|role| match role {
            Role::Patient | Role::FamilyMember => 24,
            Role::Clinician | Role::Coordinator => 8,
            Role::ClinicAdmin | Role::Compliance | Role::SuperAdmin => 4,
        });
        let hours = hours.min().unwrap_or(4);
        Self {
            length: SignedDuration::from_hours(hours),
            slides: hours == 24,
        }
    }

    /// When a session begun at `now` ends at the latest.
    pub(crate) fn end(self, scope: Scope, now: Timestamp) -> Timestamp {
        let length = match scope {
            Scope::Full => self.length,
            Scope::Enrolment => ENROLMENT,
        };
        now.saturating_add(length).unwrap_or(Timestamp::MAX)
    }
}

/// A session as stored, with the rights of its account as they stand now.
#[derive(Clone)]
pub(crate) struct SessionRecord {
    pub(crate) id: SessionId,
    pub(crate) account: AccountId,
    pub(crate) clinic: ClinicId,
    pub(crate) organisation: OrganisationId,
    pub(crate) roles: Roles,
    pub(crate) provider: Option<ProviderId>,
    pub(crate) scope: Scope,
    pub(crate) created_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) stepped_up_at: Option<Timestamp>,
    pub(crate) user_agent: Option<String>,
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

    /// When the session would end whatever happens, if it were used at `now`.
    pub(crate) fn renewed(&self, now: Timestamp) -> Timestamp {
        let lifetime = Lifetime::of(&self.roles);
        if !lifetime.slides || self.scope != Scope::Full {
            return self.expires_at;
        }
        let longest = self.created_at.saturating_add(LONGEST);
        let end = lifetime.end(self.scope, now);
        end.min(longest.unwrap_or(end)).max(self.expires_at)
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
            scope: Scope::Full,
            created_at: at(0),
            last_seen_at: at(last_seen),
            expires_at: at(expires),
            stepped_up_at: None,
            user_agent: None,
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
        let end = |roles: &[Role], scope| {
            let lifetime = Lifetime::of(&roles.iter().copied().collect());
            lifetime.end(scope, at(0)).as_second()
        };
        for (roles, hours) in [
            (&[Role::Patient][..], 24),
            (&[Role::Clinician], 8),
            (&[Role::Coordinator, Role::Patient], 8),
            (&[Role::Clinician, Role::ClinicAdmin], 4),
            (&[Role::Compliance], 4),
            (&[], 4),
        ] {
            assert_eq!(end(roles, Scope::Full), hours * 3_600, "{roles:?}");
            assert_eq!(end(roles, Scope::Enrolment), 1_800, "{roles:?}");
        }
    }

    #[test]
    fn activity_renews_the_session_of_a_patient_for_a_month_and_nobody_elses() {
        let day = 86_400;
        let mut patient = session(0, day);
        patient.roles = Roles::new([Role::Patient]);
        assert_eq!(patient.renewed(at(600)), at(day + 600));
        patient.expires_at = at(29 * day + 5);
        assert_eq!(patient.renewed(at(29 * day)), at(30 * day));
        let mut clinician = session(0, 8 * 3_600);
        clinician.roles = Roles::new([Role::Patient, Role::Clinician]);
        assert_eq!(clinician.renewed(at(600)), at(8 * 3_600));
    }
}
