//! Key-encryption keys in the hands of this process.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{ProviderError, ReadKeys, Wrapped, fault};
use crate::sealing::cipher::{Cipher, Secret, derive};
use crate::sealing::error::SealingError;

struct Kek {
    /// Names the key without telling anything of it.
    id: String,
    master: Zeroizing<[u8; 32]>,
    cipher: Cipher,
}

impl Kek {
    fn of(master: Zeroizing<[u8; 32]>) -> Result<Self, SealingError> {
        let mut id = [0_u8; 8];
        derive(&master, &[b"bedside kek id v2"], &mut id)?;
        let mut secret = Zeroizing::new([0_u8; 32]);
        derive(&master, &[b"bedside kek v2"], &mut *secret)?;
        let id = id.iter().fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        });
        Ok(Self {
            id,
            master,
            cipher: Cipher::new(&secret)?,
        })
    }
}

pub(super) struct Local {
    place: String,
    read: ReadKeys,
    /// The first wraps. Replaced as a whole; never held across an await.
    keys: Mutex<Arc<Vec<Kek>>>,
}

impl Local {
    pub(super) fn new(place: &str, read: ReadKeys) -> Result<Self, ProviderError> {
        let keys = Arc::new(load(&read)?);
        Ok(Self {
            place: place.to_owned(),
            read,
            keys: Mutex::new(keys),
        })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn masters(&self) -> Vec<Zeroizing<[u8; 32]>> {
        self.keys().iter().map(|kek| kek.master.clone()).collect()
    }

    fn keys(&self) -> Arc<Vec<Kek>> {
        Arc::clone(&self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn wrap(&self, context: &str, key: &[u8; 32]) -> Result<Wrapped, ProviderError> {
        let keys = self.keys();
        let none = || ProviderError::Unreadable(format!("{} holds none", self.place));
        let kek = keys.first().ok_or_else(none)?;
        let wrapped = kek.cipher.wrap(context.as_bytes(), key);
        Ok(Wrapped {
            kek: kek.id.clone(),
            bytes: wrapped.map_err(|error| fault(&error, &kek.id))?,
        })
    }

    pub(super) fn unwrap(&self, context: &str, wrapped: &Wrapped) -> Result<Secret, ProviderError> {
        let mut keys = self.keys();
        if !keys.iter().any(|kek| kek.id == wrapped.kek) {
            // A rotation may have brought a new one since.
            keys = Arc::new(load(&self.read)?);
            *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
        }
        let kek = keys.iter().find(|kek| kek.id == wrapped.kek);
        let kek = kek.ok_or_else(|| ProviderError::Unknown(wrapped.kek.clone()))?;
        kek.cipher
            .unwrap(context.as_bytes(), &wrapped.bytes)
            .map_err(|error| fault(&error, &kek.id))
    }
}

fn load(read: &ReadKeys) -> Result<Vec<Kek>, ProviderError> {
    let masters = read().map_err(ProviderError::Unreadable)?;
    let keks: Result<_, _> = masters.into_iter().map(Kek::of).collect();
    keks.map_err(|_| ProviderError::Library)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    fn of(keys: &'static [u8]) -> Local {
        let read = move || Ok(keys.iter().map(|key| Zeroizing::new([*key; 32])).collect());
        Local::new("here", Box::new(read)).expect("readable")
    }

    #[test]
    fn the_first_wraps_and_all_unwrap() {
        let wrapped = of(&[1]).wrap("a", &[9; 32]).expect("wrapped");
        assert_eq!(*of(&[2, 1]).unwrap("a", &wrapped).expect("open"), [9; 32]);
        assert_eq!(
            of(&[2]).unwrap("a", &wrapped),
            Err(ProviderError::Unknown(wrapped.kek.clone()))
        );
        let other = of(&[1]).unwrap("b", &wrapped);
        assert_eq!(other, Err(ProviderError::Altered(wrapped.kek.clone())));
        let newer = of(&[2, 1]).wrap("a", &[9; 32]).expect("wrapped");
        assert_ne!(newer.kek, wrapped.kek);
    }

    #[test]
    fn a_key_that_came_later_is_read_when_it_is_asked_for() {
        static READS: AtomicU8 = AtomicU8::new(0);
        let later = of(&[2]).wrap("a", &[9; 32]).expect("wrapped");
        let read = || match READS.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(vec![Zeroizing::new([1; 32])]),
            _ => Ok(vec![Zeroizing::new([2; 32]), Zeroizing::new([1; 32])]),
        };
        let local = Local::new("here", Box::new(read)).expect("readable");
        assert_eq!(*local.unwrap("a", &later).expect("open"), [9; 32]);
        assert_eq!(local.wrap("a", &[8; 32]).expect("wrapped").kek, later.kek);
    }
}
