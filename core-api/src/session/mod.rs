//! Sessions: being signed in.

pub(crate) mod attempt;
pub(crate) mod dto;
pub(crate) mod model;
pub(crate) mod open;
pub(crate) mod ops;
pub(crate) mod own;
pub(crate) mod refresh;
pub(crate) mod routes;
pub(crate) mod second_step;
pub(crate) mod secret;
pub(crate) mod sign_in;
pub(crate) mod step_up;
pub(crate) mod store;
