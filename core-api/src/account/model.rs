//! What an account is.

use domain::{AccountId, ClinicId, PatientId, Pii, ProviderId, Roles};

use crate::clinic::dto::Clinic;

/// Somebody who can sign in, as stored.
pub(crate) struct AccountRecord {
    pub(crate) id: AccountId,
    pub(crate) email: Pii<String>,
    pub(crate) display_name: Pii<String>,
    pub(crate) roles: Roles,
    pub(crate) clinic: Clinic,
    pub(crate) patient: Option<PatientId>,
    pub(crate) provider: Option<ProviderId>,
    pub(crate) disabled: bool,
}

/// An account about to be stored.
pub(crate) struct NewRecord {
    pub(crate) id: AccountId,
    pub(crate) clinic: ClinicId,
    pub(crate) email: Pii<String>,
    pub(crate) display_name: Pii<String>,
    pub(crate) password_hash: String,
    pub(crate) roles: Roles,
}

/// What signing in compares with.
pub(crate) struct Credentials {
    pub(crate) id: AccountId,
    pub(crate) clinic: ClinicId,
    pub(crate) password_hash: String,
    pub(crate) roles: Roles,
}
