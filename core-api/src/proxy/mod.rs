//! Proxies: who acts for a patient, and how far.

pub(crate) mod dto;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod store;
