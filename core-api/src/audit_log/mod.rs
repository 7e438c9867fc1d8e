//! The audit log, read.

mod csv;
pub(crate) mod dto;
mod history;
mod model;
pub(crate) mod ops;
mod report;
pub(crate) mod routes;
pub(crate) mod store;
