//! Passkeys on the wire: the JSON of `PublicKeyCredential.parseCreationOptionsFromJSON()`,
//! `parseRequestOptionsFromJSON()` and `toJSON()` (Web Authentication, Level 3, section 5.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::passkey::model::PasskeyRecord;

/// What a browser makes a passkey with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreationOptions {
    pub(crate) rp: RelyingParty,
    pub(crate) user: User,
    pub(crate) challenge: String,
    pub(crate) pub_key_cred_params: Vec<KeyKind>,
    /// In milliseconds.
    pub(crate) timeout: i64,
    pub(crate) exclude_credentials: Vec<Descriptor>,
    pub(crate) authenticator_selection: Selection,
    /// `none`.
    pub(crate) attestation: &'static str,
    pub(crate) extensions: Extensions,
}

/// The site.
#[derive(Serialize, ToSchema)]
pub(crate) struct RelyingParty {
    pub(crate) id: String,
    pub(crate) name: &'static str,
}

/// Whose key it will be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) display_name: String,
}

/// What a key may sign with.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyKind {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// A number of the COSE registry.
    pub(crate) alg: i32,
}

/// A key that there is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Descriptor {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) transports: Vec<String>,
}

impl From<&PasskeyRecord> for Descriptor {
    fn from(passkey: &PasskeyRecord) -> Self {
        Self {
            id: URL_SAFE_NO_PAD.encode(&passkey.credential),
            kind: KEY,
            transports: passkey.transports.clone(),
        }
    }
}

/// The one kind of credential there is.
pub(crate) const KEY: &str = "public-key";

/// Which authenticators will do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Selection {
    /// `preferred`: a key that keeps the account's name can sign in without an address.
    pub(crate) resident_key: &'static str,
    pub(crate) require_resident_key: bool,
    /// `preferred`: one that verifies its holder can sign in without a password.
    pub(crate) user_verification: &'static str,
}

/// What else the browser tells.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Extensions {
    /// Whether the key keeps the account's name.
    pub(crate) cred_props: bool,
}

/// What a browser asks a passkey to sign with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestOptions {
    pub(crate) challenge: String,
    /// In milliseconds.
    pub(crate) timeout: i64,
    pub(crate) rp_id: String,
    /// Empty where the key says whose it is.
    pub(crate) allow_credentials: Vec<Descriptor>,
    pub(crate) user_verification: &'static str,
}

/// A key that a browser made, as `toJSON()` has it. Members beyond these are not looked at.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RegistrationAnswer {
    pub(crate) response: AttestationResponse,
}

/// What the authenticator answered.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttestationResponse {
    /// Base64url, as all bytes here.
    #[serde(rename = "clientDataJSON")]
    #[schema(max_length = 8192)]
    pub(crate) client_data: String,
    #[schema(max_length = 32768)]
    pub(crate) attestation_object: String,
    #[serde(default)]
    #[schema(max_items = 10)]
    pub(crate) transports: Vec<String>,
}

/// A signature that a browser obtained, as `toJSON()` has it. Members beyond these are not looked
/// at.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssertionAnswer {
    /// What the authenticator calls the key.
    #[schema(max_length = 1364)]
    pub(crate) raw_id: String,
    pub(crate) response: AssertionResponse,
}

/// What the authenticator answered.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    #[schema(max_length = 8192)]
    pub(crate) client_data: String,
    #[schema(max_length = 32768)]
    pub(crate) authenticator_data: String,
    #[schema(max_length = 4096)]
    pub(crate) signature: String,
    /// Whose key it is; needed where nobody has said who they are.
    #[serde(default)]
    #[schema(max_length = 88)]
    pub(crate) user_handle: Option<String>,
}

/// A passkey to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskey {
    /// What to call it, such as "Blue key".
    #[schema(min_length = 1, max_length = 60)]
    pub(crate) label: String,
    pub(crate) credential: RegistrationAnswer,
}

/// What signing in with a passkey takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeySignIn {
    pub(crate) credential: AssertionAnswer,
    /// For clients that are no browsers: answer with tokens and set no cookie.
    #[serde(default)]
    pub(crate) tokens: bool,
}

/// A sign-in that waits for its second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
    /// From the refusal of the first step, `second_factor.attempt`.
    #[schema(value_type = String, max_length = 64)]
    pub(crate) attempt: Zeroizing<String>,
}

/// The bytes of a member.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
