//! HTTP: the router, and what is common to every route.

pub(crate) mod caller;
pub(crate) mod conditional;
pub(crate) mod cookie;
pub(crate) mod extract;
pub(crate) mod idempotency;
pub(crate) mod openapi;
pub(crate) mod origin;
pub(crate) mod problem;
pub(crate) mod schema;
