//! Links by mail: to choose a new password, and for patients to sign in. What a link holds is a
//! secret of 256 bits in its fragment; it opens one thing, once, for minutes.

pub(crate) mod ask;
pub(crate) mod dto;
pub(crate) mod model;
mod reset;
pub(crate) mod routes;
mod sign_in;
pub(crate) mod store;
