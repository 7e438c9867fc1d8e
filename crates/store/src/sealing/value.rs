//! The bytes of a sealed value.

use std::fmt;

use uuid::Uuid;

use super::error::SealingError;
use super::place::Aad;

pub(super) const NONCE: usize = 12;
pub(super) const TAG: usize = 16;

/// A sealed value, as stored in a `bytea` column.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sealed(Vec<u8>);

/// Under which key a value was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum KeyName {
    /// Version 1: derived from a master key.
    Derived(u32),
    /// Version 2: a row of `seal.data_key`.
    Stored(Uuid),
}

/// A value taken apart.
pub(super) struct Parts<'a> {
    pub(super) key: KeyName,
    pub(super) nonce: &'a [u8],
    /// Ciphertext and tag.
    pub(super) body: &'a [u8],
}

impl Sealed {
    /// What a column held. Whether it opens, the sealer tells.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn build(key: KeyName, nonce: &[u8], body: &[u8]) -> Self {
        let name = key.bytes();
        let mut out = Vec::with_capacity(name.len() + nonce.len() + body.len());
        out.extend(name);
        out.extend(nonce);
        out.extend(body);
        Self(out)
    }
}

/// Takes the bytes of a sealed value apart.
pub(super) fn parts(bytes: &[u8]) -> Result<Parts<'_>, SealingError> {
    let (version, rest) = bytes.split_first().ok_or(SealingError::Format)?;
    let (key, rest) = match version {
        1 => {
            let (id, rest) = rest.split_first_chunk::<4>().ok_or(SealingError::Format)?;
            (KeyName::Derived(u32::from_be_bytes(*id)), rest)
        }
        2 => {
            let (id, rest) = rest.split_first_chunk::<16>().ok_or(SealingError::Format)?;
            (KeyName::Stored(Uuid::from_bytes(*id)), rest)
        }
        _ => return Err(SealingError::Format),
    };
    if rest.len() < NONCE + TAG {
        return Err(SealingError::Format);
    }
    let (nonce, body) = rest.split_at(NONCE);
    Ok(Parts { key, nonce, body })
}

impl KeyName {
    /// Version and key id, as a value begins with them.
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Derived(id) => [&[1][..], &id.to_be_bytes()].concat(),
            Self::Stored(id) => [&[2][..], id.as_bytes()].concat(),
        }
    }

    /// Version, key id, row, then table and column with their lengths: no two places look alike.
    pub(super) fn associated(self, aad: Aad) -> Vec<u8> {
        let mut out = self.bytes();
        out.extend(aad.row.as_bytes());
        for name in [aad.table, aad.column] {
            out.extend((name.len() as u64).to_be_bytes());
            out.extend(name.as_bytes());
        }
        out
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
