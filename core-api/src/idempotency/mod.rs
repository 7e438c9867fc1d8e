//! Creating requests that may be repeated: the first one creates, the others get its result.

mod store;

use ::store::{Connection, StoreError};
use aws_lc_rs::hmac;
use serde::Serialize;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// What a client calls one creating request; scoped to its account and route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// A key of 1 to 128 visible ASCII characters.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let fits =
            (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }
}

/// A creating request that carries a key.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    route: &'static str,
    key: Key,
    hash: Vec<u8>,
}

impl Request {
    /// The request to `route` with `body`, if it carries a `key`. The body is remembered by a
    /// keyed hash: a plain one would let whoever reads the database guess passwords and names.
    pub(crate) fn new(
        app: &App,
        route: &'static str,
        key: Option<Key>,
        body: &impl Serialize,
    ) -> Result<Option<Self>, Refusal> {
        let Some(key) = key else { return Ok(None) };
        let json = serde_json::to_vec(body).map_err(Refusal::internal)?;
        let secret = hmac::Key::new(hmac::HMAC_SHA256, app.session_key.bytes());
        let mut context = hmac::Context::with_key(&secret);
        context.update(b"bedside idempotency v1\0");
        context.update(&json);
        let hash = context.sign().as_ref().to_vec();
        Ok(Some(Self { route, key, hash }))
    }
}

/// What is to be done for a creating request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Create it, in the same transaction.
    New,
    /// It was created before, as this.
    Done(Uuid),
}

/// Claims `request` for the making of `resource`. Of two at once the second waits for the
/// first's transaction to end.
pub(crate) async fn claim(
    conn: &mut Connection,
    caller: &Caller,
    request: Option<&Request>,
    resource: Uuid,
) -> Result<Claim, Refusal> {
    let Some(request) = request else {
        return Ok(Claim::New);
    };
    if store::insert(conn, caller.account, request, resource, caller.now()).await? {
        return Ok(Claim::New);
    }
    let (hash, made) = store::find(conn, caller.account, request)
        .await?
        .ok_or_else(|| StoreError::Defect("an idempotency key vanished".into()))?;
    if hash != request.hash {
        return Err(Refusal::IdempotencyConflict);
    }
    Ok(Claim::Done(made))
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_is_visible_ascii_within_its_bound() {
        assert!(Key::new("8e03978e-40d5-43dd-bc93-6894a57f9324").is_some());
        for bad in ["", "a b", "ü", &"x".repeat(129)] {
            assert!(Key::new(bad).is_none(), "{bad}");
        }
    }
}
