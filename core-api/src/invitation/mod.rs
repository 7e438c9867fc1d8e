//! Third parties of a visit: interpreters, family, a second clinician. They come by invitation,
//! for one visit and its time, and everybody in the visit reads who they are.

pub(crate) mod access;
pub(crate) mod dto;
pub(crate) mod guesses;
pub(crate) mod guest;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod people;
pub(crate) mod routes;
pub(crate) mod store;
