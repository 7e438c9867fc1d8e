//! The words of the field and the rules that need nothing else: identifiers, roles and what they
//! may do, the visit state machine, error codes, and the three things a rule may ask of the world
//! (time, randomness, and that personal data stay out of logs).
//!
//! No I/O, no async, no ambient clock: everything here can be tested by calling it.

mod clock;
mod entropy;
mod error_code;
mod id;
pub mod permission;
mod pii;
mod role;
mod visit_state;

pub use clock::{Clock, SystemClock};
pub use entropy::{Entropy, EntropyError, Ids};
pub use error_code::ErrorCode;
pub use id::{
    AccountId, AppointmentId, CareTeamMemberId, ClinicId, ConsentDocumentId, ConsentId,
    ConversationId, EmergencyAccessId, EventId, IdError, InvitationId, OrganisationId, PatientId,
    ProviderId, ProxyGrantId, RequestId, SessionId, VisitId,
};
pub use permission::Permission;
pub use pii::Pii;
pub use role::{Role, Roles};
pub use visit_state::{IllegalTransition, VisitAction, VisitState};
