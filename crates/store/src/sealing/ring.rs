//! The keys of a database, unwrapped when they are needed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::OrganisationId;
use jiff::{Timestamp, Unit};
use uuid::Uuid;

use super::audit::did;
use super::blind::BlindIndex;
use super::cache::Cache;
use super::cipher::{Cipher, Secret, fresh};
use super::error::SealingError;
use super::legacy::Derived;
use super::place::{DataClass, Owner};
use super::provider::{KeyProvider, ProviderError, Wrapped};
use super::sealer::{Sealer, SealingKey};
use super::store::{self, StoredKey};
use super::value::KeyName;
use crate::audit::Action;
use crate::{Audit, Db, Events, Exempt};

const SUBJECT: &str = "subject";
const SUBJECTS: &str = "subjects";
const INDEX: &str = "index";

/// Where one key seals at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    /// A class of an organisation, or of the installation.
    Organisation(&'static str, Option<OrganisationId>),
    /// A subject.
    Subject {
        organisation: Option<OrganisationId>,
        subject: Uuid,
    },
}

/// A key, or what is left of it.
#[derive(Clone)]
pub(super) enum Opened {
    Sealing(Arc<Cipher>),
    Index(BlindIndex),
    Destroyed,
}

/// The keys of one database. Cheap to clone; all clones share what was unwrapped, for ten seconds
/// at most, so that a rotation or a destruction elsewhere counts here soon.
#[derive(Clone)]
pub struct KeyRing(Arc<Ring>);

struct Ring {
    db: Db,
    provider: KeyProvider,
    derived: Derived,
    state: Mutex<State>,
}

/// What was unwrapped. Bounded, never held across an await; keys wipe themselves when they leave.
struct State {
    keys: Cache<Uuid, Opened>,
    active: Cache<Slot, Uuid>,
    /// Keys wrapped by the provider, by name, with the bytes they came out of: asking it costs,
    /// and the same bytes give the same key. A few an organisation.
    provided: HashMap<Uuid, (Vec<u8>, Opened)>,
}

/// Keys of organisations kept at most.
const PROVIDED: usize = 4_096;

impl KeyRing {
    pub(super) fn new(db: Db, provider: KeyProvider) -> Result<Self, SealingError> {
        let derived = Derived::of(&provider.masters())?;
        let state = Mutex::new(State {
            keys: Cache::new(),
            active: Cache::new(),
            provided: HashMap::new(),
        });
        Ok(Self(Arc::new(Ring {
            db,
            provider,
            derived,
            state,
        })))
    }

    /// What seals and opens values of `class`.
    pub fn sealer(&self, class: DataClass) -> Sealer {
        Sealer::new(self.clone(), class)
    }

    /// Who holds the key-encryption keys.
    pub(super) fn provider(&self) -> &KeyProvider {
        &self.0.provider
    }

    pub(super) fn db(&self) -> &Db {
        &self.0.db
    }

    /// Makes the keys of `organisation`, or of the installation, that are missing: so that their
    /// making is on record before they are first needed.
    ///
    /// # Errors
    /// [`SealingError`].
    pub async fn ensure(&self, organisation: Option<OrganisationId>) -> Result<(), SealingError> {
        let classes = DataClass::ALL.map(DataClass::name);
        for class in classes.into_iter().chain([SUBJECTS, INDEX]) {
            self.active(Slot::Organisation(class, organisation)).await?;
        }
        Ok(())
    }

    /// What makes the blind indexes of an organisation.
    ///
    /// # Errors
    /// [`SealingError`].
    pub async fn index(
        &self,
        organisation: Option<OrganisationId>,
    ) -> Result<BlindIndex, SealingError> {
        match self.active(Slot::Organisation(INDEX, organisation)).await? {
            (_, Opened::Index(index)) => Ok(index),
            (id, _) => Err(SealingError::UnknownKey(id)),
        }
    }

    /// The key that seals for `owner`, made if there is none.
    pub(super) async fn key(
        &self,
        class: DataClass,
        owner: Owner,
    ) -> Result<SealingKey, SealingError> {
        let slot = match owner {
            Owner::Organisation(organisation) => Slot::Organisation(class.name(), organisation),
            Owner::Subject {
                organisation,
                subject,
            } => Slot::Subject {
                organisation,
                subject,
            },
        };
        sealing_key(self.active(slot).await?)
    }

    /// The key that seals for `subject`, if it has one.
    pub(super) async fn key_of_subject(
        &self,
        subject: Uuid,
    ) -> Result<Option<SealingKey>, SealingError> {
        let slot = Slot::Subject {
            organisation: None,
            subject,
        };
        self.find_active(slot).await?.map(sealing_key).transpose()
    }

    /// Forgets every unwrapped key.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.keys.clear();
        state.active.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        let now = self.0.db.inner().clock.now();
        now.round(Unit::Microsecond).unwrap_or(now)
    }

    async fn active(&self, slot: Slot) -> Result<(Uuid, Opened), SealingError> {
        if let Some(found) = self.find_active(slot).await? {
            return Ok(found);
        }
        self.make(slot).await?;
        match self.find_active(slot).await? {
            Some(found) => Ok(found),
            None => Err(SealingError::Erased),
        }
    }

    async fn find_active(&self, slot: Slot) -> Result<Option<(Uuid, Opened)>, SealingError> {
        let now = self.now();
        // A subject has one key, under whichever roof.
        let name = match slot {
            Slot::Subject { subject, .. } => Slot::Subject {
                organisation: None,
                subject,
            },
            slot => slot,
        };
        let known = {
            let state = self.state();
            let id = state.active.get(&name, now);
            id.and_then(|id| Some((id, state.keys.get(&id, now)?)))
        };
        if known.is_some() {
            return Ok(known);
        }
        let mut reader = self.0.db.keys().await?;
        let Some(stored) = store::active(reader.conn(), slot).await? else {
            let erased = match slot {
                Slot::Subject { subject, .. } => {
                    store::is_destroyed(reader.conn(), subject).await?
                }
                Slot::Organisation(..) => false,
            };
            return match erased {
                true => Err(SealingError::Erased),
                false => Ok(None),
            };
        };
        drop(reader);
        let opened = self.open_stored(&stored).await?;
        let mut state = self.state();
        state.active.put(name, stored.id, now);
        state.keys.put(stored.id, opened.clone(), now);
        Ok(Some((stored.id, opened)))
    }

    /// Makes a key for `slot`, in a transaction of its own: whatever becomes of the caller's, a
    /// key that was used exists. Nothing happens when there is one by now.
    async fn make(&self, slot: Slot) -> Result<(), SealingError> {
        let secret = fresh()?;
        let id = self
            .0
            .db
            .inner()
            .ids
            .make()
            .map_err(|_| SealingError::Library)?;
        let (class, organisation, subject) = match slot {
            Slot::Organisation(class, organisation) => (class, organisation, None),
            Slot::Subject {
                organisation,
                subject,
            } => (SUBJECT, organisation, Some(subject)),
        };
        let mut key = StoredKey {
            id,
            class: class.to_owned(),
            organisation: organisation.map(OrganisationId::as_uuid),
            subject,
            kek: None,
            wrapping: None,
            wrapped: None,
        };
        let context = key.context();
        let audit = match slot {
            Slot::Organisation(..) => {
                let wrapped = self.0.provider.wrap(&context, &secret).await?;
                key.kek = Some(wrapped.kek);
                key.wrapped = Some(wrapped.bytes);
                Audit::of(did(Action::Create).resource(id).detail("class", class))
            }
            Slot::Subject { organisation, .. } => {
                let above = Slot::Organisation(SUBJECTS, organisation);
                let (wrapping, cipher) = sealing(Box::pin(self.active(above)).await?)?;
                key.wrapping = Some(wrapping);
                key.wrapped = Some(cipher.wrap(context.as_bytes(), &secret)?);
                Audit::exempt(Exempt::AuditedBefore("the act that needs the key"))
            }
        };
        let mut tx = self.0.db.begin_keys().await?;
        if store::insert(tx.conn(), &key, self.now()).await? {
            tx.commit(audit, Events::none()).await?;
        }
        Ok(())
    }

    /// The keys of these names, as far as they exist.
    pub(super) async fn load(
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

    async fn open_stored(&self, stored: &StoredKey) -> Result<Opened, SealingError> {
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

fn sealing((id, key): (Uuid, Opened)) -> Result<(Uuid, Arc<Cipher>), SealingError> {
    match key {
        Opened::Sealing(cipher) => Ok((id, cipher)),
        Opened::Destroyed => Err(SealingError::Erased),
        Opened::Index(_) => Err(SealingError::UnknownKey(id)),
    }
}

fn sealing_key(key: (Uuid, Opened)) -> Result<SealingKey, SealingError> {
    let (id, cipher) = sealing(key)?;
    Ok(SealingKey::new(KeyName::Stored(id), cipher))
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(‹secret›)")
    }
}
