//! Looking keys up and unwrapping them.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{INDEX, KeyRing, Opened, PROVIDED};
use crate::sealing::blind::BlindIndex;
use crate::sealing::cipher::{Cipher, Secret};
use crate::sealing::error::SealingError;
use crate::sealing::provider::{ProviderError, Wrapped};
use crate::sealing::sealer::SealingKey;
use crate::sealing::store::{self, StoredKey};
use crate::sealing::value::KeyName;

impl KeyRing {
    /// The keys of these names, as far as they exist.
    pub(in crate::sealing) async fn load(
        &self,
        names: impl IntoIterator<Item = KeyName>,
    ) -> Result<HashMap<KeyName, Opened>, SealingError> {
        let now = self.now();
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        {
            let state = self.state();
            for name in names {
                let known = match name {
                    KeyName::Derived(id) => self.0.derived.get(id).map(Opened::Sealing),
                    KeyName::Stored(id) => state.keys.get(&id, now),
                };
                match (known, name) {
                    (Some(key), _) => drop(found.insert(name, key)),
                    (None, KeyName::Stored(id)) => missing.push(id),
                    (None, KeyName::Derived(_)) => {}
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(found);
        }
        let mut reader = self.0.db.keys().await?;
        let stored = store::by_ids(reader.conn(), &missing).await?;
        drop(reader);
        for stored in stored {
            let opened = match self.open_stored(&stored).await {
                Ok(opened) => opened,
                // Damage to one key must not hide what lies under others: its values do not open.
                Err(
                    error @ (SealingError::Altered
                    | SealingError::Format
                    | SealingError::UnknownKey(_)
                    | SealingError::Provider(ProviderError::Altered(_))),
                ) => {
                    tracing::error!(%error, key.id = %stored.id, "A data key does not unwrap");
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.state().keys.put(stored.id, opened.clone(), now);
            found.insert(KeyName::Stored(stored.id), opened);
        }
        Ok(found)
    }

    pub(super) async fn open_stored(&self, stored: &StoredKey) -> Result<Opened, SealingError> {
        let Some(bytes) = &stored.wrapped else {
            return Ok(Opened::Destroyed);
        };
        if let Some(wrapping) = stored.wrapping {
            let name = KeyName::Stored(wrapping);
            let above = Box::pin(self.load([name])).await?.remove(&name);
            let above = above.ok_or(SealingError::UnknownKey(wrapping))?;
            let (_, cipher) = sealing((wrapping, above))?;
            return opened(stored, &cipher.unwrap(stored.context().as_bytes(), bytes)?);
        }
        if let Some((from, key)) = self.state().provided.get(&stored.id)
            && from == bytes
        {
            return Ok(key.clone());
        }
        let wrapped = Wrapped {
            kek: stored.kek.clone().unwrap_or_default(),
            bytes: bytes.clone(),
        };
        let secret = self.0.provider.unwrap(&stored.context(), &wrapped).await?;
        let key = opened(stored, &secret)?;
        let mut state = self.state();
        if state.provided.len() >= PROVIDED {
            state.provided.clear();
        }
        state
            .provided
            .insert(stored.id, (wrapped.bytes, key.clone()));
        Ok(key)
    }
}

fn opened(stored: &StoredKey, secret: &Secret) -> Result<Opened, SealingError> {
    Ok(match stored.class.as_str() {
        INDEX => Opened::Index(BlindIndex::new(secret)),
        _ => Opened::Sealing(Arc::new(Cipher::new(secret)?)),
    })
}

pub(super) fn sealing((id, key): (Uuid, Opened)) -> Result<(Uuid, Arc<Cipher>), SealingError> {
    match key {
        Opened::Sealing(cipher) => Ok((id, cipher)),
        Opened::Destroyed => Err(SealingError::Erased),
        Opened::Index(_) => Err(SealingError::UnknownKey(id)),
    }
}

pub(super) fn sealing_key(key: (Uuid, Opened)) -> Result<SealingKey, SealingError> {
    let (id, cipher) = sealing(key)?;
    Ok(SealingKey::new(KeyName::Stored(id), cipher))
}
