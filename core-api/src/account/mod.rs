//! Accounts: who can sign in.

pub(crate) mod change;
pub(crate) mod dto;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod password;
pub(crate) mod routes;
pub(crate) mod store;
