//! Second factors: what somebody has beside the password they know.

pub(crate) mod dto;
pub(crate) mod held;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod prove;
pub(crate) mod recovery;
pub(crate) mod routes;
pub(crate) mod store;
