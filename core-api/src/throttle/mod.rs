//! Who has to wait: after wrong passwords and codes, and after too many requests.
//!
//! Counts live in memory, each kind in a table of bounded size; a restart forgives. They are of
//! one process: with several nodes each counts for itself until a shared table stands behind
//! [`Limiter`].

mod bucket;
mod failures;
mod table;

use jiff::SignedDuration;

pub use bucket::Rate;
pub(crate) use bucket::{Bucket, Limiter, LocalLimiter};
pub(crate) use failures::{Failures, Guessed};

/// How the requests of users, clinics and addresses are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests of one network address, signed in or not.
    pub address: Rate,
    /// Requests of one account.
    pub account: Rate,
    /// Requests of all accounts of one clinic.
    pub clinic: Rate,
}

impl Default for Limits {
    /// What no screen of ours comes near, and a machine of two cores serves.
    fn default() -> Self {
        Self {
            // A clinic's whole staff may share one address.
            address: Rate::new(1_000, 200),
            account: Rate::new(300, 30),
            clinic: Rate::new(3_000, 500),
        }
    }
}

/// It was too much: come back after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) SignedDuration);
