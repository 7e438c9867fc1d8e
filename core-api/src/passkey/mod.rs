//! Passkeys and security keys: what somebody has that proves them by signing.

pub(crate) mod ceremony;
pub(crate) mod dto;
pub(crate) mod enrol;
pub(crate) mod model;
pub(crate) mod routes;
pub(crate) mod sign_in;
pub(crate) mod store;
