//! The `Idempotency-Key` header.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::http::problem::Problem;
use crate::idempotency::Key;
use crate::refusal::Refusal;

/// The key of a creating request, if the client sent one.
pub(crate) struct IdempotencyKey(Option<Key>);

impl From<IdempotencyKey> for Option<Key> {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = value.to_str().ok().and_then(Key::new);
        let key = key.ok_or_else(|| {
            Refusal::Invalid("Idempotency-Key takes 1 to 128 visible ASCII characters.".into())
        })?;
        Ok(Self(Some(key)))
    }
}
