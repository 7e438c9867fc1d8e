//! What a client says in the address it connects to.

use auth::media::Grant;
use bus::media::Connections;
use jiff::Timestamp;

use super::access::{Query, is_set};
use super::refusal::Refused;
use super::wire;
use crate::room::Join;

/// `/rtc`: everything is in the query.
pub(super) fn dual((grant, until): (Grant, Timestamp), query: &Query) -> Join {
    let auto_subscribe = query.auto_subscribe.as_deref();
    Join {
        grant,
        until,
        connections: Connections::Dual,
        auto_subscribe: auto_subscribe.is_none_or(is_set),
        client_protocol: query.client_protocol.parse().unwrap_or(0),
        resume: (is_set(&query.reconnect) && !query.sid.is_empty()).then(|| query.sid.clone()),
        offer: None,
        tracks: Vec::new(),
        sync_state: None,
        ice_servers: Vec::new(),
    }
}

/// `/rtc/v1`: a `WrappedJoinRequest` is in the query.
pub(super) fn single((grant, until): (Grant, Timestamp), query: &Query) -> Result<Join, Refused> {
    let request = wire::join_request(&query.join_request).map_err(Refused::JoinRequest)?;
    Ok(wire::join(grant, until, request))
}
