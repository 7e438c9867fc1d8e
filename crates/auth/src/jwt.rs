//! HS256 JSON Web Tokens (RFC 7519) whose times are judged against a given `now`.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Key, MintError, TokenError};

/// The longest token looked at; ours are a few hundred bytes.
const MAX_BYTES: usize = 4096;

pub(crate) fn sign<C: Serialize>(key: &Key, claims: &C) -> Result<String, MintError> {
    jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        claims,
        &EncodingKey::from_secret(key.bytes()),
    )
    .map_err(|_| MintError)
}

/// The claims of `token` if `key` signed it with HS256. Times are left to the caller, who knows
/// what time it is.
pub(crate) fn open<C: DeserializeOwned>(key: &Key, token: &str) -> Result<C, TokenError> {
    if token.len() > MAX_BYTES {
        return Err(TokenError::Invalid);
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<C>(token, &DecodingKey::from_secret(key.bytes()), &validation)
        .map(|data| data.claims)
        .map_err(|_| TokenError::Invalid)
}
