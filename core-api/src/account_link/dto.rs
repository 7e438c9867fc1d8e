//! Links by mail as the API takes them.

use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Whom to send a link to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    #[schema(max_length = 254)]
    pub(crate) email: String,
}

/// A new password in exchange for a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordReset {
    /// The fragment of the link.
    #[schema(value_type = String, max_length = 64)]
    pub(crate) secret: Zeroizing<String>,
    /// 8 to 128 characters, none of those attackers try first.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    pub(crate) new_password: Zeroizing<String>,
}

/// What signing in with a link takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSignIn {
    /// The fragment of the link.
    #[schema(value_type = String, max_length = 64)]
    pub(crate) secret: Zeroizing<String>,
    /// For clients that are no browsers: answer with tokens and set no cookie.
    #[serde(default)]
    pub(crate) tokens: bool,
}
