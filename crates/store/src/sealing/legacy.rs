//! Keys of version 1: one a class, derived from a master key. They only open.

use std::collections::HashMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::cipher::{Cipher, derive};
use super::error::SealingError;
use super::place::DataClass;

/// The derived keys of the master keys at hand, by their ids.
#[derive(Default)]
pub(super) struct Derived(HashMap<u32, Arc<Cipher>>);

impl Derived {
    pub(super) fn of(masters: &[Zeroizing<[u8; 32]>]) -> Result<Self, SealingError> {
        let mut keys = HashMap::new();
        for master in masters {
            for class in DataClass::ALL {
                let (id, key) = key(master, class)?;
                keys.insert(id, Arc::new(key));
            }
        }
        Ok(Self(keys))
    }

    pub(super) fn get(&self, id: u32) -> Option<Arc<Cipher>> {
        self.0.get(&id).cloned()
    }
}

pub(super) fn key(master: &[u8; 32], class: DataClass) -> Result<(u32, Cipher), SealingError> {
    let name = class.name().as_bytes();
    let mut secret = Zeroizing::new([0_u8; 32]);
    derive(master, &[b"bedside data key v1", name], &mut *secret)?;
    // The id names the key without telling anything of it: derived beside it, not from it.
    let mut id = [0_u8; 4];
    derive(master, &[b"bedside data key id v1", name], &mut id)?;
    Ok((u32::from_be_bytes(id), Cipher::new(&secret)?))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::place::Aad;
    use super::super::ring::Opened;
    use super::super::sealer::Unlocked;
    use super::super::value::{KeyName, Sealed};
    use super::*;

    const PLACE: Aad = Aad {
        table: "core.chart_entry",
        column: "text_sealed",
        row: Uuid::from_u128(7),
    };

    #[test]
    fn values_of_version_1_open_under_the_master_key_they_name() {
        let (id, cipher) = key(&[1; 32], DataClass::Clinical).expect("derived");
        let name = KeyName::Derived(id);
        let (nonce, body) = cipher
            .seal(&name.associated(PLACE), b"rash")
            .expect("sealed");
        let value = Sealed::build(name, &nonce, &body);
        assert_eq!(
            value.as_bytes()[..5],
            [&[1], &id.to_be_bytes()[..]].concat()
        );
        let held = Derived::of(&[Zeroizing::new([2; 32]), Zeroizing::new([1; 32])]);
        let found = held.expect("derived").get(id).map(Opened::Sealing);
        let keys = Unlocked::of([(name, found.expect("held"))]);
        assert_eq!(
            &*keys.open(PLACE, value.as_bytes()).expect("opens"),
            b"rash"
        );
        let other = Derived::of(&[Zeroizing::new([2; 32])]).expect("derived");
        assert!(other.get(id).is_none());
    }
}
