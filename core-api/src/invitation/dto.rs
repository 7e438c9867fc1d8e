//! Third parties as the API shows and takes them.

use domain::{AccountId, InvitationId, VisitId, VisitState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::schema::VisitStateName;
use crate::invitation::model::{Part, Stage};

/// Whom to invite to one visit: a colleague by account, or a guest by name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationRequest {
    pub(crate) part: Part,
    /// A colleague's. Exactly one of this and `display_name` is given.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub(crate) account_id: Option<AccountId>,
    /// What everybody in the visit will read of a guest.
    #[serde(default)]
    #[schema(max_length = 80)]
    pub(crate) display_name: Option<String>,
}

/// A new invitation.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationMade {
    #[schema(value_type = Uuid)]
    pub(crate) invitation_id: InvitationId,
    /// Opens the visit's door to a guest; told once, and to be handed on in the fragment of a
    /// link, which browsers send to no server: `/guest#<secret>`. Null for a colleague.
    #[schema(required = true)]
    pub(crate) secret: Option<String>,
    /// Until when it counts at most.
    pub(crate) expires_at: Timestamp,
}

/// What somebody is in a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VisitPart {
    /// Its patient.
    Patient,
    /// Its clinician.
    Clinician,
    /// Another clinician.
    SecondClinician,
    /// Translates for the patient.
    Interpreter,
    /// Family or a friend of the patient.
    Family,
    /// Cares for the patient elsewhere.
    CareTeam,
}

impl From<Part> for VisitPart {
    fn from(part: Part) -> Self {
        match part {
            Part::SecondClinician => Self::SecondClinician,
            Part::Interpreter => Self::Interpreter,
            Part::Family => Self::Family,
            Part::CareTeam => Self::CareTeam,
        }
    }
}

/// Somebody of a visit.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitPerson {
    /// Who they are in the media room; null for a patient without an account.
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) identity: Option<AccountId>,
    pub(crate) display_name: String,
    pub(crate) part: VisitPart,
    /// Null for the two parties.
    #[schema(required = true)]
    pub(crate) invitation: Option<StandingInvitation>,
    /// Whether the visit's journal has them in the media room.
    pub(crate) present: bool,
}

/// An invitation that counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct StandingInvitation {
    #[schema(value_type = Uuid)]
    pub(crate) id: InvitationId,
    pub(crate) stage: Stage,
    /// Whether its holder has no account and comes by a link.
    pub(crate) by_link: bool,
}

/// Everybody of a visit: its parties, and who is invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitPeople {
    pub(crate) items: Vec<VisitPerson>,
    /// Since when nobody new comes into the media room; null while the door is open.
    #[schema(required = true)]
    pub(crate) locked_since: Option<Timestamp>,
    /// Whether the caller keeps order in the room now.
    pub(crate) may_moderate: bool,
    /// Whether the caller may invite now.
    pub(crate) may_invite: bool,
}

/// Somebody who works for the clinic.
#[derive(Serialize, ToSchema)]
pub(crate) struct Colleague {
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) display_name: String,
    /// Of a clinician.
    #[schema(required = true)]
    pub(crate) specialty: Option<String>,
}

/// Whom the caller could invite.
#[derive(Serialize, ToSchema)]
pub(crate) struct ColleagueList {
    pub(crate) items: Vec<Colleague>,
}

/// A visit that somebody is invited to, without anything of its patient.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitedVisit {
    #[schema(value_type = Uuid)]
    pub(crate) visit_id: VisitId,
    #[schema(value_type = Uuid)]
    pub(crate) invitation_id: InvitationId,
    /// The invited one's name, as everybody in the visit reads it.
    pub(crate) display_name: String,
    pub(crate) part: Part,
    pub(crate) stage: Stage,
    pub(crate) clinic_name: String,
    pub(crate) clinician_name: String,
    #[schema(value_type = VisitStateName)]
    pub(crate) state: VisitState,
    pub(crate) starts_at: Timestamp,
    pub(crate) window_opens_at: Timestamp,
    pub(crate) window_closes_at: Timestamp,
    /// Whether the media room would let them in now.
    pub(crate) may_join: bool,
}

/// The caller's invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitedVisitList {
    pub(crate) items: Vec<InvitedVisit>,
}

/// How a guest shows that they are meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuestRequest {
    /// Of the link's fragment.
    #[schema(max_length = 64)]
    pub(crate) secret: String,
}

/// Who is who in the media room, for a guest inside.
#[derive(Serialize, ToSchema)]
pub(crate) struct GuestPeople {
    pub(crate) items: Vec<NamedPerson>,
}

/// A name in the media room.
#[derive(Serialize, ToSchema)]
pub(crate) struct NamedPerson {
    #[schema(value_type = Uuid)]
    pub(crate) identity: AccountId,
    pub(crate) display_name: String,
    pub(crate) part: VisitPart,
}
