//! Who sent a request: long-term credentials (RFC 8489, section 9.2).

use std::sync::Arc;

use stun_types::attribute::{ErrorCode, MessageIntegrity, Nonce, Realm, Username};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message};
use stun_types::prelude::*;

use super::nonces::Nonces;
use super::{Account, Authority, Client, Now, message};

/// Bytes of a user name at most; ours have some sixty.
const MAX_USERNAME: usize = 256;

/// A user who proved to know the password.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) username: String,
    /// Whom usage is counted for.
    pub(super) user: Arc<str>,
    /// The first second (Unix time) at which the name is no longer good.
    pub(super) until: u64,
    /// Signs what is said to the user.
    pub(super) key: IntegrityKey,
}

/// Why a request is not the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    /// Not signed, or not with the right password: 401.
    Unauthorized,
    /// Signed with a nonce that is not good any more: 438.
    StaleNonce,
    /// Signed, but name, realm or nonce is missing: 400.
    Malformed,
}

/// Checks signatures.
pub(super) struct Authenticator {
    authority: Arc<dyn Authority>,
    nonces: Nonces,
    realm: String,
}

impl Authenticator {
    pub(super) fn new(authority: Arc<dyn Authority>, nonces: Nonces, realm: String) -> Self {
        Self {
            authority,
            nonces,
            realm,
        }
    }

    /// The user who signed `request`. `known` is whom the client proved to be before: the same
    /// name needs no look-up and keeps its key.
    pub(super) fn identify(
        &self,
        request: &Message<'_>,
        client: Client,
        known: Option<&Identity>,
        now: Now,
    ) -> Result<Identity, Denial> {
        if !request.has_attribute(MessageIntegrity::TYPE) {
            return Err(Denial::Unauthorized);
        }
        let username = request.attribute::<Username>();
        let nonce = request.attribute::<Nonce>();
        let (Ok(username), Ok(_), Ok(nonce)) = (username, request.attribute::<Realm>(), nonce)
        else {
            return Err(Denial::Malformed);
        };
        if !self.nonces.is_good(nonce.nonce(), client, now.instant) {
            return Err(Denial::StaleNonce);
        }
        let username = username.username();
        let identity = known
            .filter(|known| known.username == username)
            .cloned()
            .or_else(|| self.look_up(username))
            .ok_or(Denial::Unauthorized)?;
        match request.validate_integrity_with_key(&identity.key) {
            Ok(_) => Ok(identity),
            Err(_) => Err(Denial::Unauthorized),
        }
    }

    fn look_up(&self, username: &str) -> Option<Identity> {
        if username.len() > MAX_USERNAME {
            return None;
        }
        let Account {
            password,
            user,
            until,
        } = self.authority.account(username)?;
        let credentials =
            LongTermKeyCredentials::new(username.to_owned(), password, self.realm.clone());
        Some(Identity {
            username: username.to_owned(),
            user: user.into(),
            until,
            key: credentials.make_key(IntegrityAlgorithm::Sha1),
        })
    }

    /// The answer to a request that is not the user's, with what the next try needs.
    pub(super) fn refuse(
        &self,
        request: &Message<'_>,
        client: Client,
        denial: Denial,
        now: Now,
    ) -> Option<Vec<u8>> {
        let code = match denial {
            Denial::Unauthorized => ErrorCode::UNAUTHORIZED,
            Denial::StaleNonce => ErrorCode::STALE_NONCE,
            Denial::Malformed => {
                return message::answer(request, Some(ErrorCode::BAD_REQUEST), &[], None);
            }
        };
        let realm = Realm::new(&self.realm).ok()?;
        let nonce = Nonce::new(&self.nonces.make(client, now.instant)).ok()?;
        message::answer(request, Some(code), &[&realm, &nonce], None)
    }
}
