//! Identifiers: one type a noun, so that a visit cannot be passed where a patient is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID in hyphenated form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: a hyphenated UUID is expected")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            schemars::JsonSchema, ts_rs::TS,
        )]
        #[serde(transparent)]
        pub struct $name(#[ts(type = "string")] Uuid);

        impl $name {
            /// The identifier as a plain UUID, for storage and wire formats.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }
        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self {
                Self(value)
            }
        }
        impl From<$name> for Uuid {
            fn from(value: $name) -> Self {
                value.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() != uuid::fmt::Hyphenated::LENGTH {
                    return Err(IdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError)
            }
        }
    )+};
}

ids! {
    /// A person who can sign in.
    AccountId,
    /// A booked slot.
    AppointmentId,
    /// A clinic: the tenant that scopes every other record.
    ClinicId,
    /// One version of a consent text.
    ConsentDocumentId,
    /// One person's consent to one version of a text.
    ConsentId,
    /// A place in a patient's care team.
    CareTeamMemberId,
    /// A conversation: ordered durable events with members.
    ConversationId,
    /// An emergency access.
    EmergencyAccessId,
    /// A stored event, message or audit row.
    EventId,
    /// A third party's invitation to one visit.
    InvitationId,
    /// Clinics under one roof.
    OrganisationId,
    /// A person in care.
    PatientId,
    /// A clinician as the schedule knows them.
    ProviderId,
    /// A grant to act for a patient.
    ProxyGrantId,
    /// One request, from the edge to the audit row.
    RequestId,
    /// A signed-in session.
    SessionId,
    /// A telehealth visit; also the name of its media room.
    VisitId,
}

impl AccountId {
    /// Who a guest without an account is in the media room: the invitation's UUID.
    pub const fn for_guest(invitation: InvitationId) -> Self {
        Self(invitation.0)
    }
}

impl ConversationId {
    /// The conversation of a visit: the same UUID, so that nobody has to look it up.
    pub const fn for_visit(visit: VisitId) -> Self {
        Self(visit.0)
    }

    /// The waiting-room feed of a clinic: the clinic's UUID.
    pub const fn for_waiting_room(clinic: ClinicId) -> Self {
        Self(clinic.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_accepted() {
        let text = "01900000-0000-7000-8000-000000000001";
        let id: VisitId = text.parse().expect("valid");
        assert_eq!(id.to_string(), text);
        for bad in [
            "",
            "01900000000070008000000000000001",
            "{01900000-0000-7000-8000-000000000001}",
        ] {
            assert_eq!(bad.parse::<VisitId>(), Err(IdError), "{bad}");
        }
    }

    #[test]
    fn debug_names_the_kind() {
        let id: VisitId = "01900000-0000-7000-8000-000000000001"
            .parse()
            .expect("valid");
        assert_eq!(format!("{id:?}"), format!("VisitId({id})"));
    }
}
