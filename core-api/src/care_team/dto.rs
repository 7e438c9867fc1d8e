//! Care teams as the API shows and takes them.

use domain::{AccountId, CareTeamMemberId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::care_team::model::Part;

/// A place in a patient's care team.
#[derive(Serialize, ToSchema)]
pub(crate) struct CareTeamMember {
    #[schema(value_type = Uuid)]
    pub(crate) id: CareTeamMemberId,
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) display_name: String,
    pub(crate) part: Part,
    pub(crate) starts_at: Timestamp,
    /// When the place ends or ended; null while nobody knows.
    #[schema(required = true)]
    pub(crate) ends_at: Option<Timestamp>,
}

/// A patient's care team, those that are over too.
#[derive(Serialize, ToSchema)]
pub(crate) struct CareTeam {
    /// By start.
    pub(crate) items: Vec<CareTeamMember>,
    /// Always null: a care team is one page.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// A place to be given.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCareTeamMember {
    /// Somebody who works in the organisation.
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) part: Part,
    /// Now, when left out.
    #[serde(default)]
    pub(crate) starts_at: Option<Timestamp>,
    /// Until further notice, when left out.
    #[serde(default)]
    pub(crate) ends_at: Option<Timestamp>,
}
