//! Clinicians as the schedule shows them.

use domain::{AccountId, ProviderId};
use serde::Serialize;
use utoipa::ToSchema;

/// A clinician who can be booked.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Provider {
    #[schema(value_type = Uuid)]
    pub(crate) id: ProviderId,
    #[schema(value_type = Uuid)]
    pub(crate) account_id: AccountId,
    pub(crate) display_name: String,
    pub(crate) specialty: String,
}

/// A page of clinicians.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderList {
    pub(crate) items: Vec<Provider>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}
