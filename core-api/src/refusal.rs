//! Why a request is refused: the closed list of outcomes other than success.

use ::store::{Retryable, StoreError};
use domain::{ErrorCode, VisitAction, VisitState};
use jiff::Timestamp;

use crate::session::attempt::SecondFactor;
use crate::throttle::Wait;

/// The outcome of an operation that did not happen. Each has one stable code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request does not have the promised form.
    #[error("{0}")]
    Invalid(String),
    /// A field has the form but not an allowed value.
    #[error("{field}: {problem}")]
    Field {
        /// Which field of the body.
        field: &'static str,
        /// What is wrong with it, as a sentence.
        problem: &'static str,
    },
    /// The body is larger than the route takes.
    #[error("The request is larger than this route takes.")]
    TooLarge,
    /// Nobody is signed in.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The session has ended by idling or age.
    #[error("Your session has ended. Sign in again.")]
    SessionExpired,
    /// E-mail and password do not belong together.
    #[error("The e-mail address or the password is not right.")]
    InvalidCredentials,
    /// The password is right; the second factor is missing.
    #[error("Your second factor is needed as well.")]
    SecondFactorRequired(Box<SecondFactor>),
    /// The second factor is not right.
    #[error("That code or passkey is not right, or it has been used.")]
    InvalidCode,
    /// There is no domain that passkeys could be bound to.
    #[error("Passkeys need the server's public address. Whoever runs it has to set it.")]
    PasskeysUnavailable,
    /// No mail leaves this server.
    #[error("This server sends no mail. Ask your clinic for help.")]
    MailUnavailable,
    /// A link that counts no more.
    #[error("This link was used before, or it is too old. Ask for a new one.")]
    LinkSpent,
    /// The caller has to prove again who they are.
    #[error("Confirm that it is you first.")]
    StepUpRequired,
    /// The session serves only to enrol a second factor.
    #[error("Your account needs a second factor before it can be used. Set one up first.")]
    EnrolmentRequired,
    /// The account would be without a factor it must have.
    #[error("Your account must keep a second factor. Add another before you remove this one.")]
    FactorNeeded,
    /// Too many requests, or too many failures.
    #[error("There were too many attempts. Try again later.")]
    RateLimited(Wait),
    /// The request came from another site.
    #[error("This request came from another site and was refused.")]
    CrossSite,
    /// Signed in, but not allowed.
    #[error("Your account does not allow this.")]
    Forbidden,
    /// No such thing, or none that the caller may know of.
    #[error("There is no such thing, or it is not yours to see.")]
    NotFound,
    /// The method is not offered here.
    #[error("This address does not offer that method.")]
    MethodNotAllowed,
    /// The visit has no such step now.
    #[error("A visit that is {} cannot {}.", .state.name(), .action.name())]
    IllegalTransition {
        /// Where the visit stands.
        state: VisitState,
        /// What was asked.
        action: VisitAction,
    },
    /// The appointment's visit has begun or is over.
    #[error("An appointment whose visit is {} cannot be moved.", .state.name())]
    NotMovable {
        /// Where the visit stands.
        state: VisitState,
    },
    /// Somebody else admitted first.
    #[error("The patient has already been admitted.")]
    AlreadyAdmitted {
        /// Where the visit stands.
        state: VisitState,
        /// The name of who admitted.
        by: domain::Pii<String>,
    },
    /// The patient has not been admitted.
    #[error("The patient has not been admitted to this visit.")]
    NotAdmitted {
        /// Where the visit stands.
        state: VisitState,
    },
    /// The media room takes nobody new.
    #[error("The room is locked. Ask whoever runs the visit to open it.")]
    RoomLocked,
    /// Invited, and not let in yet.
    #[error("You can come in as soon as somebody of the clinic lets you in.")]
    NotLetIn,
    /// The colleague has an invitation, or is of the visit anyway.
    #[error("They are invited to this visit already.")]
    AlreadyInvited,
    /// The visit has as many invitations as its room holds people.
    #[error("This visit has no room for more people. Take an invitation back first.")]
    TooManyInvited,
    /// Too many attempts of a kind that costs something.
    #[error("There were too many attempts. Wait a moment, then try again.")]
    TooOften,
    /// Whoever is in charge put the caller out.
    #[error("You were removed from this visit's room.")]
    RemovedFromRoom,
    /// Nobody to be muted.
    #[error("They are not in the room now.")]
    NotInRoom,
    /// Telehealth consent is missing or withdrawn.
    #[error("The patient's consent to care over video is needed first.")]
    ConsentRequired,
    /// Too early or too late.
    #[error("This visit can be entered from {opens_at} until {closes_at}.")]
    OutsideWindow {
        /// From when.
        opens_at: Timestamp,
        /// Until when.
        closes_at: Timestamp,
    },
    /// Clinician or patient is taken.
    #[error("That time is taken.")]
    SlotTaken {
        /// Free starts nearby.
        alternatives: Vec<Timestamp>,
    },
    /// The e-mail address has an account.
    #[error("This e-mail address already has an account.")]
    EmailTaken,
    /// The consent text has a newer version.
    #[error("The text has a newer version. Read that one.")]
    ConsentOutdated,
    /// `If-Match` is missing.
    #[error("Send If-Match with the version you edited.")]
    PreconditionRequired,
    /// `If-Match` names another version.
    #[error("Somebody else changed this meanwhile. Read it again.")]
    VersionMismatch,
    /// `Idempotency-Key` was used with another body.
    #[error("This Idempotency-Key was used for another request.")]
    IdempotencyConflict,
    /// The server is too busy, or too slow, to serve this now.
    #[error("The server is busy. Nothing was changed; try again in a moment.")]
    Unavailable,
    /// The database. Its error names no values, but is for the log all the same.
    #[error("{}", if is_passing(.0) {
        "A part of the server is away. Nothing was changed; try again in a moment."
    } else {
        "Something went wrong on our side."
    })]
    Store(StoreError),
    /// A defect. The cause is for the log, never for the answer.
    #[error("Something went wrong on our side.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Refusal {
    /// A defect with its cause.
    pub(crate) fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(cause))
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::InvalidRequest,
            Self::Field { .. } => ErrorCode::InvalidField,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::SessionExpired => ErrorCode::SessionExpired,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::SecondFactorRequired(_) => ErrorCode::SecondFactorRequired,
            Self::InvalidCode => ErrorCode::InvalidCode,
            Self::PasskeysUnavailable => ErrorCode::PasskeysUnavailable,
            Self::MailUnavailable => ErrorCode::MailUnavailable,
            Self::LinkSpent => ErrorCode::LinkSpent,
            Self::StepUpRequired => ErrorCode::StepUpRequired,
            Self::EnrolmentRequired => ErrorCode::EnrolmentRequired,
            Self::FactorNeeded => ErrorCode::FactorNeeded,
            Self::RateLimited(_) => ErrorCode::RateLimited,
            Self::CrossSite => ErrorCode::CrossSite,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::NotFound => ErrorCode::NotFound,
            Self::MethodNotAllowed => ErrorCode::MethodNotAllowed,
            Self::IllegalTransition { .. } | Self::NotMovable { .. } => {
                ErrorCode::IllegalTransition
            }
            Self::AlreadyAdmitted { .. } => ErrorCode::AlreadyAdmitted,
            Self::NotAdmitted { .. } | Self::NotLetIn => ErrorCode::NotAdmitted,
            Self::AlreadyInvited => ErrorCode::AlreadyInvited,
            Self::TooManyInvited => ErrorCode::VisitFull,
            Self::TooOften => ErrorCode::RateLimited,
            Self::RoomLocked => ErrorCode::RoomLocked,
            Self::RemovedFromRoom => ErrorCode::RemovedFromRoom,
            Self::NotInRoom => ErrorCode::NotInRoom,
            Self::ConsentRequired => ErrorCode::ConsentRequired,
            Self::OutsideWindow { .. } => ErrorCode::OutsideWindow,
            Self::SlotTaken { .. } => ErrorCode::SlotTaken,
            Self::EmailTaken => ErrorCode::EmailTaken,
            Self::ConsentOutdated => ErrorCode::ConsentOutdated,
            Self::PreconditionRequired => ErrorCode::PreconditionRequired,
            Self::VersionMismatch => ErrorCode::VersionMismatch,
            Self::IdempotencyConflict => ErrorCode::IdempotencyConflict,
            Self::Unavailable => ErrorCode::Unavailable,
            Self::Store(error) if is_passing(error) => ErrorCode::Unavailable,
            Self::Store(_) => ErrorCode::Internal,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            // An erased patient takes nothing new.
            StoreError::Erased => Self::NotFound,
            StoreError::Text => Self::Invalid("A text must not hold the character U+0000.".into()),
            other => Self::Store(other),
        }
    }
}

/// Whether the same request may succeed later without anybody mending the program.
const fn is_passing(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable(_)
            | StoreError::Contended { .. }
            | StoreError::TimedOut
            | StoreError::DiskFull
    )
}

impl Retryable for Refusal {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contended())
    }
}
