//! Second factors as the API shows and takes them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::passkey::dto::AssertionAnswer;
use crate::session::dto::Session;

/// Something shown beside the password. A code counts once.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Proof {
    /// The six digits an authenticator app shows now.
    Totp {
        #[schema(value_type = String, max_length = 16)]
        code: Zeroizing<String>,
    },
    /// One of the recovery codes.
    RecoveryCode {
        #[schema(value_type = String, max_length = 64)]
        code: Zeroizing<String>,
    },
    /// What a passkey signed.
    Passkey { credential: AssertionAnswer },
}

/// A second factor that counts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Factor {
    pub(crate) id: Uuid,
    /// `totp` or `passkey`; more may come.
    pub(crate) kind: &'static str,
    /// What its owner calls it.
    pub(crate) label: String,
    pub(crate) created_at: Timestamp,
    #[schema(required = true)]
    pub(crate) last_used_at: Option<Timestamp>,
    /// With a passkey: whether it cannot leave its device, as a hardware key cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) hardware: Option<bool>,
}

/// Another name for a second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorName {
    #[schema(min_length = 1, max_length = 60)]
    pub(crate) label: String,
}

/// What an account has beside its password.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorList {
    pub(crate) items: Vec<Factor>,
    /// Recovery codes that were not used.
    pub(crate) recovery_codes_left: i64,
    /// `invited`, `required` or `hardware_key`: what the account's roles ask for.
    pub(crate) duty: &'static str,
    /// Whether the account does what its roles ask for.
    pub(crate) duty_met: bool,
}

/// An authenticator app to be set up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTotp {
    /// What to call it, such as "Phone".
    #[schema(min_length = 1, max_length = 60)]
    pub(crate) label: String,
}

/// What an authenticator app is set up with. Shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpSetup {
    pub(crate) id: Uuid,
    /// To be typed into the app: base32.
    #[schema(value_type = String)]
    pub(crate) secret: Zeroizing<String>,
    /// To be scanned by the app: an `otpauth` URI.
    #[schema(value_type = String)]
    pub(crate) uri: Zeroizing<String>,
}

/// The first code of an app shows that it is set up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    #[schema(value_type = String, max_length = 16)]
    pub(crate) code: Zeroizing<String>,
}

/// A factor that counts from now on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Enrolled {
    pub(crate) id: Uuid,
    /// With the first factor: to be kept in a safe place; they are not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    pub(crate) recovery_codes: Option<Vec<Zeroizing<String>>>,
    /// When the session served only to enrol: the full one that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) session: Option<Session>,
}

/// Fresh recovery codes; the ones before count no more.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    #[schema(value_type = Vec<String>)]
    pub(crate) recovery_codes: Vec<Zeroizing<String>>,
}
