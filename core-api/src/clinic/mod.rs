//! Clinics: the scope of everything else.

pub(crate) mod dto;
pub(crate) mod ops;
pub(crate) mod routes;
pub(crate) mod store;
