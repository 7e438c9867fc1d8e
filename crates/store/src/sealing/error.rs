//! What can go wrong with keys and sealed values. No text here holds a key or a value.

use uuid::Uuid;

use super::provider::ProviderError;
use crate::StoreError;

/// A value was not sealed or does not open.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// Shorter than any sealed value, or of a format this program does not know.
    #[error("a sealed value has a format this program does not know")]
    Format,
    /// Sealed under a master key that is not at hand.
    #[error(
        "a value was sealed under master key {wanted:08x}, which is not among the keys at hand: \
         restore it beside the current one, as docs/security/keys.md says"
    )]
    OtherMaster {
        /// The key the value names.
        wanted: u32,
    },
    /// Sealed under a data key this database does not have.
    #[error("a value was sealed under data key {0}, which this database does not have")]
    UnknownKey(Uuid),
    /// Its key was destroyed on purpose: what it held is erased.
    #[error("what this value held was erased")]
    Erased,
    /// Altered, or taken from another table, column or row.
    #[error("a sealed value was altered or belongs to another place")]
    Altered,
    /// Opened, but is not UTF-8 text.
    #[error("a sealed value is not text")]
    NotText,
    /// The cryptographic library failed, for want of randomness.
    #[error("a value could not be sealed")]
    Library,
    /// Whoever holds the key-encryption key does not do what it should.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The database.
    #[error(transparent)]
    Store(Box<StoreError>),
}

impl From<StoreError> for SealingError {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

impl From<sqlx::Error> for SealingError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<SealingError> for StoreError {
    fn from(error: SealingError) -> Self {
        match error {
            SealingError::Store(error) => *error,
            SealingError::Erased => Self::Erased,
            // It may answer again later.
            SealingError::Provider(error) => Self::Unavailable(error.to_string()),
            other => Self::Defect(other.to_string()),
        }
    }
}

/// The program cannot work with the keys it was given: it does not start.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The key at hand is not the one this database needs.
    #[error(
        "this database is locked under key-encryption key {wanted}, which {place} does not hold: \
         restore the key that belongs to this database (docs/security/keys.md)"
    )]
    Wrong {
        /// Its name.
        wanted: String,
        /// Where keys were looked for.
        place: String,
    },
    /// Values of version 1 name a master key that is not at hand.
    #[error(
        "{table} holds values sealed under another master key than {place}: restore the key that \
         belongs to this database (docs/security/keys.md)"
    )]
    OtherMaster {
        /// The table it was noticed in.
        table: &'static str,
        /// Where keys were looked for.
        place: String,
    },
    /// Whoever holds the key does not do what it should.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Another process rotates at this moment.
    #[error("keys are being rotated by another process")]
    Busy,
    /// The keys themselves.
    #[error("the keys cannot be used: {0}")]
    Sealing(#[from] SealingError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for KeysError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
