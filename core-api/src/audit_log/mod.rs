//! The audit log, read.

pub(crate) mod dto;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod store;
