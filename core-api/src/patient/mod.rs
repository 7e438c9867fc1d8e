//! Patients: people in care.

pub(crate) mod dto;
pub(crate) mod erasure;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod store;
