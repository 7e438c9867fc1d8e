//! Minting and verifying what opens doors: short session tokens for API clients and sockets,
//! LiveKit access tokens for media rooms, and TURN credentials. Only core-api mints tokens; every
//! service verifies. Beside them what people prove themselves with: passwords, one-time codes and
//! passkeys.

mod entropy;
mod jwt;
mod key;
pub mod media;
pub mod password;
pub mod session;
pub mod totp;
pub mod turn;
pub mod webauthn;

pub use entropy::SystemEntropy;
pub use key::{Key, KeyError};

/// Why a token was not accepted. Deliberately coarse: the bearer learns nothing about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: malformed, another key, another kind or another algorithm.
    #[error("the token is not valid")]
    Invalid,
    /// Was ours, but its time is over.
    #[error("the token has expired")]
    Expired,
    /// Is ours, but its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct MintError;
