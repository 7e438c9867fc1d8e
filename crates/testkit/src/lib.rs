//! What tests of every service share. Only tests depend on this package.

#[cfg(feature = "postgres")]
pub mod postgres;
