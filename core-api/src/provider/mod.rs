//! Providers: clinicians as the schedule knows them.

pub(crate) mod dto;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod store;
