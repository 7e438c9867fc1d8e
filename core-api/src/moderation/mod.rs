//! Order in the media room: muting, removing, locking.

pub(crate) mod dto;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod store;
