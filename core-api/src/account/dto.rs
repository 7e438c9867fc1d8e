//! Accounts as the API shows and takes them.

use domain::{AccountId, PatientId, ProviderId, Roles};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::clinic::dto::Clinic;
use crate::http::schema::RoleName;

/// Somebody who can sign in.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Account {
    #[schema(value_type = Uuid)]
    pub(crate) id: AccountId,
    pub(crate) email: String,
    pub(crate) display_name: String,
    #[schema(value_type = Vec<RoleName>)]
    pub(crate) roles: Roles,
    pub(crate) clinic: Clinic,
    /// The patient this person is, if any.
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) patient_id: Option<PatientId>,
    /// The clinician this person is, if any.
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) provider_id: Option<ProviderId>,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountList {
    pub(crate) items: Vec<Account>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// An account to be made.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// Compared without regard to case.
    #[schema(max_length = 254)]
    pub(crate) email: String,
    #[schema(min_length = 1, max_length = 120)]
    pub(crate) display_name: String,
    #[schema(value_type = Vec<RoleName>)]
    pub(crate) roles: Roles,
    /// 8 to 128 characters, none of those attackers try first.
    #[schema(min_length = 8, max_length = 128)]
    pub(crate) password: String,
    /// For the role `patient`: the patient of the clinic this account belongs to.
    #[schema(value_type = Option<Uuid>)]
    #[serde(default)]
    pub(crate) patient_id: Option<PatientId>,
    /// For the role `clinician`: the specialty shown to patients; general practice when left out.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub(crate) specialty: Option<String>,
}

/// A password in place of another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    #[schema(value_type = String, max_length = 128)]
    pub(crate) current_password: Zeroizing<String>,
    /// 8 to 128 characters, none of those attackers try first.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    pub(crate) new_password: Zeroizing<String>,
}
