//! The stable codes of refusals. A code never changes its meaning; texts may.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal / $status:literal),+ $(,)?) => {
        /// Why a request was refused: the `code` of a problem document (RFC 9457) and of a chat
        /// `error` message.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize,
            schemars::JsonSchema, ts_rs::TS,
        )]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $name)] #[ts(rename = $name)] $variant,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable text of the code.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The HTTP status that goes with it (RFC 9110, section 15).
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }
        }
    };
}

codes! {
    /// The body or a parameter does not have the promised form.
    InvalidRequest = "invalid_request" / 400,
    /// A field has the form but not an allowed value.
    InvalidField = "invalid_field" / 422,
    /// The body is larger than the route takes.
    TooLarge = "too_large" / 413,
    /// Nobody is signed in, or the session has ended.
    Unauthenticated = "unauthenticated" / 401,
    /// E-mail and password do not belong together.
    InvalidCredentials = "invalid_credentials" / 401,
    /// The password is right; now `second_factor` says what else is needed.
    SecondFactorRequired = "second_factor_required" / 401,
    /// The one-time, recovery or security-key proof is not right.
    InvalidCode = "invalid_code" / 422,
    /// The session has not been proved again within the last minutes.
    StepUpRequired = "step_up_required" / 403,
    /// The account must have a second factor first; the session serves only to enrol one.
    EnrolmentRequired = "enrolment_required" / 403,
    /// The server has no address that passkeys could be bound to.
    PasskeysUnavailable = "passkeys_unavailable" / 409,
    /// The server sends no mail.
    MailUnavailable = "mail_unavailable" / 409,
    /// The link was used, taken back or is too old.
    LinkSpent = "link_spent" / 410,
    /// The account may not be without this second factor.
    FactorNeeded = "factor_needed" / 409,
    /// The session has ended by idling or age.
    SessionExpired = "session_expired" / 401,
    /// The request came from another site.
    CrossSite = "cross_site" / 403,
    /// Signed in, but not allowed.
    Forbidden = "forbidden" / 403,
    /// No such thing, or none that the caller may know of.
    NotFound = "not_found" / 404,
    /// The method is not offered here.
    MethodNotAllowed = "method_not_allowed" / 405,
    /// The visit's state has no such step; `state` tells where it stands.
    IllegalTransition = "illegal_transition" / 409,
    /// Somebody else admitted first; `admitted_by` tells who.
    AlreadyAdmitted = "already_admitted" / 409,
    /// The patient has not been admitted.
    NotAdmitted = "not_admitted" / 403,
    /// The media room is locked: nobody new comes in.
    RoomLocked = "room_locked" / 403,
    /// Whoever is in charge put the caller out of the media room.
    RemovedFromRoom = "removed_from_room" / 403,
    /// The person is invited to the visit, or one of its parties.
    AlreadyInvited = "already_invited" / 409,
    /// The visit has as many invitations as its media room holds people.
    VisitFull = "visit_full" / 409,
    /// The person is not in the media room now.
    NotInRoom = "not_in_room" / 409,
    /// Telehealth consent is missing or withdrawn.
    ConsentRequired = "consent_required" / 409,
    /// Too early or too late for this visit.
    OutsideWindow = "outside_window" / 403,
    /// Clinician, patient or room is taken; `alternatives` lists free starts.
    SlotTaken = "slot_taken" / 409,
    /// The e-mail address has an account.
    EmailTaken = "email_taken" / 409,
    /// The consent text has a newer version.
    ConsentOutdated = "consent_outdated" / 409,
    /// `If-Match` is missing (RFC 6585).
    PreconditionRequired = "precondition_required" / 428,
    /// `If-Match` names another version.
    VersionMismatch = "version_mismatch" / 412,
    /// `Idempotency-Key` was used with another body.
    IdempotencyConflict = "idempotency_conflict" / 409,
    /// Too many requests; `Retry-After` tells when to return.
    RateLimited = "rate_limited" / 429,
    /// The sender is not a member of the conversation, or it does not exist.
    NotAMember = "not_a_member" / 404,
    /// The conversation takes no more messages.
    ConversationClosed = "conversation_closed" / 409,
    /// A part this request needs is away; nothing was changed.
    Unavailable = "unavailable" / 503,
    /// A defect; the request id leads to the log line.
    Internal = "internal" / 500,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_statuses_are_errors() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        assert!(
            ErrorCode::ALL
                .iter()
                .all(|code| (400..600).contains(&code.http_status()))
        );
    }
}
