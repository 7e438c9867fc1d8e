//! Which relays a client is told of, and its credentials for them.

use auth::turn::Turn;
use livekit_protocol as lk;

use crate::RelayConfig;
use crate::room::Join;

/// A relay as clients are told of it; of none without a configuration.
pub(super) struct Relay(Option<(Vec<String>, Turn)>);

impl Relay {
    pub(super) fn new(config: Option<&RelayConfig>) -> Self {
        Self(config.map(|config| (config.urls.clone(), Turn::new(&config.key))))
    }

    /// What `JoinResponse.ice_servers` says to whoever comes with `join`. Good as long as the token,
    /// and made afresh whenever the client connects.
    pub(super) fn servers(&self, join: &Join) -> Vec<lk::IceServer> {
        let Some((urls, turn)) = &self.0 else {
            return Vec::new();
        };
        let made = turn.mint(join.grant.room, join.grant.identity, join.until);
        vec![lk::IceServer {
            urls: urls.clone(),
            username: made.username,
            credential: made.password,
        }]
    }
}
