//! The words of the field and the rules that need nothing else: identifiers, roles, the visit
//! state machine, error codes, and the three things a rule may ask of the world (time,
//! randomness, and that personal data stay out of logs).
//!
//! No I/O, no async, no ambient clock: everything here can be tested by calling it.

mod clock;
mod entropy;
mod error_code;
mod id;
mod pii;
mod role;
mod visit_state;

pub use clock::{Clock, SystemClock};
pub use entropy::{Entropy, EntropyError, Ids};
pub use error_code::ErrorCode;
pub use id::{
    AccountId, AppointmentId, ClinicId, ConsentDocumentId, ConsentId, ConversationId, EventId,
    IdError, InvitationId, PatientId, ProviderId, RequestId, SessionId, VisitId,
};
pub use pii::Pii;
pub use role::{Permission, Role, Roles};
pub use visit_state::{IllegalTransition, VisitAction, VisitState};
