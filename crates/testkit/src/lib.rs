//! What tests of every service share. Only tests depend on this package.

pub mod network;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "webauthn")]
pub mod webauthn;
