//! The journal of visits: what signaling enters of media rooms, and what it means for a visit.

pub(crate) mod attribution;
pub(crate) mod dto;
pub(crate) mod figures;
pub(crate) mod ingest;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod sentence;
pub(crate) mod store;
