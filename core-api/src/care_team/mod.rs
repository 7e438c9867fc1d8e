//! Care teams: who cares for a patient, apart from single visits.

pub(crate) mod dto;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod store;
