//! The journal of visits: what signaling enters of media rooms.

pub(crate) mod ingest;
pub(crate) mod store;
