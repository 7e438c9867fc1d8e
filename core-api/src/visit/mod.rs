//! Visits: the state machine from booking to the end.

pub(crate) mod dto;
pub(crate) mod join;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod queue;
pub(crate) mod routes;
pub(crate) mod rules;
pub(crate) mod store;
pub(crate) mod view;
