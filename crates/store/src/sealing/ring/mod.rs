//! The keys of a database, unwrapped when they are needed.

mod make;
mod unwrap;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::OrganisationId;
use jiff::{Timestamp, Unit};
use unwrap::sealing_key;
use uuid::Uuid;

use crate::Db;
use crate::sealing::blind::BlindIndex;
use crate::sealing::cache::Cache;
use crate::sealing::cipher::Cipher;
use crate::sealing::error::SealingError;
use crate::sealing::legacy::Derived;
use crate::sealing::place::{DataClass, Owner};
use crate::sealing::provider::KeyProvider;
use crate::sealing::sealer::{Sealer, SealingKey};
use crate::sealing::store;

const SUBJECT: &str = "subject";
const SUBJECTS: &str = "subjects";
const INDEX: &str = "index";

/// Where one key seals at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::sealing) enum Slot {
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
pub(in crate::sealing) enum Opened {
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
    pub(in crate::sealing) fn new(db: Db, provider: KeyProvider) -> Result<Self, SealingError> {
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
    pub(in crate::sealing) fn provider(&self) -> &KeyProvider {
        &self.0.provider
    }

    pub(in crate::sealing) fn db(&self) -> &Db {
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
    pub(in crate::sealing) async fn key(
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
    pub(in crate::sealing) async fn key_of_subject(
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
    pub(in crate::sealing) fn forget(&self) {
        let mut state = self.state();
        state.keys.clear();
        state.active.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::sealing) fn now(&self) -> Timestamp {
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
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(‹secret›)")
    }
}
