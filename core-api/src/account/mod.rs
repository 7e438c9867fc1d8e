//! Accounts: who can sign in.

pub(crate) mod dto;
pub(crate) mod ops;
pub(crate) mod routes;
