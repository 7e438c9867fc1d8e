//! Sealing and opening values.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use domain::Pii;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::error::SealingError;
use super::place::{Aad, DataClass, Owner};
use super::ring::{KeyRing, Opened};
use super::value::{KeyName, Sealed, parts};

/// Seals one kind of data, and opens any. Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    ring: KeyRing,
    class: DataClass,
}

impl Sealer {
    pub(super) const fn new(ring: KeyRing, class: DataClass) -> Self {
        Self { ring, class }
    }

    /// The key that seals for `owner` now, made if there is none. Use it at once: it is not held
    /// beyond one operation.
    ///
    /// # Errors
    /// [`SealingError::Erased`] for a subject whose keys were destroyed.
    pub async fn key(&self, owner: Owner) -> Result<SealingKey, SealingError> {
        self.ring.key(self.class, owner).await
    }

    /// The key that seals for `subject`, if there is one.
    ///
    /// # Errors
    /// [`SealingError::Erased`] for a subject whose keys were destroyed.
    pub async fn key_of_subject(&self, subject: Uuid) -> Result<Option<SealingKey>, SealingError> {
        self.ring.key_of_subject(subject).await
    }

    /// Gets the keys that these values need, in one go; [`Unlocked`] then opens them.
    ///
    /// # Errors
    /// [`SealingError::Provider`] and [`SealingError::Store`]; what is wrong with single values
    /// shows when they are opened.
    pub async fn unlock<'a>(
        &self,
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Unlocked, SealingError> {
        let names = values
            .into_iter()
            .filter_map(|value| Some(parts(value).ok()?.key));
        // Collected first: the iterator must not live across the wait.
        let names: Vec<_> = names.collect();
        Ok(Unlocked(self.ring.load(names).await?))
    }

    /// Opens one value.
    ///
    /// # Errors
    /// [`SealingError`].
    pub async fn open(
        &self,
        aad: Aad,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.unlock([sealed.as_bytes()])
            .await?
            .open(aad, sealed.as_bytes())
    }

    /// What makes the blind indexes of an organisation.
    ///
    /// # Errors
    /// [`SealingError`].
    pub async fn index(
        &self,
        organisation: Option<domain::OrganisationId>,
    ) -> Result<super::BlindIndex, SealingError> {
        self.ring.index(organisation).await
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.class.name())
    }
}

/// A key that seals.
#[derive(Clone)]
pub struct SealingKey {
    name: KeyName,
    cipher: Arc<Cipher>,
}

impl SealingKey {
    pub(super) const fn new(name: KeyName, cipher: Arc<Cipher>) -> Self {
        Self { name, cipher }
    }

    /// Seals `plaintext` for the place `aad`.
    ///
    /// # Errors
    /// [`SealingError::Library`] without randomness.
    pub fn seal(&self, aad: Aad, plaintext: &[u8]) -> Result<Sealed, SealingError> {
        let (nonce, body) = self.cipher.seal(&self.name.associated(aad), plaintext)?;
        Ok(Sealed::build(self.name, &nonce, &body))
    }

    /// Whether `value` is sealed under this very key.
    pub(super) fn sealed(&self, value: &[u8]) -> bool {
        parts(value).is_ok_and(|parts| parts.key == self.name)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({:?})", self.name)
    }
}

/// The keys of some values. Use them at once: they are not held beyond one operation.
#[derive(Default)]
pub struct Unlocked(HashMap<KeyName, Opened>);

impl Unlocked {
    #[cfg(test)]
    pub(super) fn of(keys: impl IntoIterator<Item = (KeyName, Opened)>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// Opens what was sealed for the place `aad`; the plaintext is wiped on drop.
    ///
    /// # Errors
    /// [`SealingError`]; [`SealingError::Erased`] where the key was destroyed.
    pub fn open(&self, aad: Aad, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let parts = parts(sealed)?;
        let cipher = match (self.0.get(&parts.key), parts.key) {
            (Some(Opened::Sealing(cipher)), _) => cipher,
            (Some(Opened::Destroyed), _) => return Err(SealingError::Erased),
            (_, KeyName::Derived(wanted)) => return Err(SealingError::OtherMaster { wanted }),
            (_, KeyName::Stored(id)) => return Err(SealingError::UnknownKey(id)),
        };
        cipher.open(&parts.key.associated(aad), parts.nonce, parts.body)
    }

    /// Opens text.
    ///
    /// # Errors
    /// As [`Unlocked::open`].
    pub fn open_text(&self, aad: Aad, sealed: &[u8]) -> Result<Pii<String>, SealingError> {
        let plain = self.open(aad, sealed)?;
        std::str::from_utf8(&plain)
            .map(|text| Pii::new(text.to_owned()))
            .map_err(|_| SealingError::NotText)
    }
}

impl fmt::Debug for Unlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unlocked({} keys)", self.0.len())
    }
}
