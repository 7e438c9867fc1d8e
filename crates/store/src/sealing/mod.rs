//! Sealing of health data before it reaches PostgreSQL: AES-256-GCM under envelope keys, each
//! value bound to its place.
//!
//! Three levels. A **key-encryption key** lies outside the database, with a [`KeyProvider`].
//! It wraps the **keys of an organisation**, one a [`DataClass`], and one that wraps the **keys of
//! subjects**: a patient, or a conversation. What belongs to one patient is sealed under that
//! patient's key alone, so that destroying it ([`destroy_subject`]) erases the patient and nobody
//! else. Data keys are random and stored wrapped in the schema `seal`.
//!
//! A sealed value is `version (2) ‖ key id (16) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`. The
//! associated data binds the version, the key id, and the table, column and row the value belongs
//! to, so a value copied elsewhere does not open. Values of version 1, sealed under a key derived
//! from the master key, stay readable until a rotation re-seals them.

mod audit;
mod blind;
mod cache;
mod cipher;
mod error;
mod legacy;
mod place;
mod provider;
mod ring;
mod rotate;
mod sealer;
mod start;
mod status;
mod store;
mod value;

pub use blind::BlindIndex;
pub use error::{KeysError, SealingError};
pub use place::{Aad, DataClass, Owner, SealedColumn};
pub use provider::{KeyProvider, ProviderError, ReadKeys};
pub use ring::KeyRing;
pub use rotate::{Pace, Rotated, rewrap, rotate};
pub use sealer::{Sealer, SealingKey, Unlocked};
pub use status::{Status, Values, status, values};
pub use store::{destroy_subject, has_keys};
pub use value::Sealed;
