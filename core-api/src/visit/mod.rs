//! Visits: the state machine from booking to the end.

pub(crate) mod dto;
pub(crate) mod join;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod routes;
