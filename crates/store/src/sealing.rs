//! Sealing of health text before it reaches PostgreSQL: AES-256-GCM, bound to its place.
//!
//! A sealed value is `version (1) ‖ key id (4, big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.
//! The associated data binds the version, the key id, and the table, column and row the value
//! belongs to, so a value copied elsewhere does not open.
//!
//! Keys come from a [`KeyRing`] by [`DataClass`]. For now each is derived from the master key
//! with HKDF-SHA256; envelope keys will come out of the same ring.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad as Associated, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use domain::Pii;
use uuid::Uuid;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 12;
const HEADER: usize = 1 + KEY_ID + NONCE;
const TAG: usize = 16;

/// What kind of data a key seals: one key must not open the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataClass {
    /// Names, dates of birth, contacts.
    Demographics,
    /// Reasons, notes, allergies, medication: the chart.
    Clinical,
    /// Messages.
    Messages,
    /// Secrets of the system itself: second factors, webhook keys.
    Secrets,
}

impl DataClass {
    const fn label(self) -> &'static str {
        match self {
            Self::Demographics => "demographics",
            Self::Clinical => "clinical",
            Self::Messages => "messages",
            Self::Secrets => "secrets",
        }
    }
}

/// Where a value belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aad {
    /// The table, with its schema.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's key.
    pub row: Uuid,
}

/// A sealed value, as stored in a `bytea` column.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// What a column held. Whether it opens, [`Sealer::open`] tells.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A value was not sealed or does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    /// Shorter than any sealed value, or of a format this program does not know.
    #[error("a sealed value has a format this program does not know")]
    Format,
    /// Sealed under another key.
    #[error(
        "a value was sealed under key {wanted:08x}, but this program holds key {held:08x}: restore \
         the master.key that belongs to this database"
    )]
    OtherKey {
        /// The key the value names.
        wanted: u32,
        /// The key at hand.
        held: u32,
    },
    /// Altered, or taken from another table, column or row.
    #[error("a sealed value was altered or belongs to another place")]
    Altered,
    /// Opened, but is not UTF-8 text.
    #[error("a sealed value is not text")]
    NotText,
    /// The cryptographic library failed, for want of randomness.
    #[error("a value could not be sealed")]
    Library,
}

/// The keys that seal.
#[derive(Clone)]
pub struct KeyRing(Arc<Zeroizing<[u8; 32]>>);

impl KeyRing {
    /// A ring under this master key; the caller wipes its own copy.
    pub fn new(master: &[u8; 32]) -> Self {
        Self(Arc::new(Zeroizing::new(*master)))
    }

    /// The sealer of one kind of data. Cheap enough for each start, not for each value.
    ///
    /// # Errors
    /// [`SealingError::Library`].
    pub fn sealer(&self, class: DataClass) -> Result<Sealer, SealingError> {
        let mut key = Zeroizing::new([0_u8; 32]);
        self.derive(
            &[b"bedside data key v1", class.label().as_bytes()],
            &mut *key,
        )?;
        // The id names the key without telling anything of it: derived beside it, not from it.
        let mut id = [0_u8; KEY_ID];
        self.derive(
            &[b"bedside data key id v1", class.label().as_bytes()],
            &mut id,
        )?;
        let key =
            RandomizedNonceKey::new(&AES_256_GCM, &*key).map_err(|_| SealingError::Library)?;
        Ok(Sealer(Arc::new(SealerKey {
            id: u32::from_be_bytes(id),
            key,
        })))
    }

    fn derive(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), SealingError> {
        struct Length(usize);
        impl KeyType for Length {
            fn len(&self) -> usize {
                self.0
            }
        }
        Salt::new(HKDF_SHA256, &[])
            .extract(self.0.as_slice())
            .expand(info, Length(out.len()))
            .and_then(|okm| okm.fill(out))
            .map_err(|_| SealingError::Library)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(‹secret›)")
    }
}

/// Seals and opens one kind of data. Nonces are random: good for 2³² values under one key
/// (NIST SP 800-38D, section 8.3).
#[derive(Clone)]
pub struct Sealer(Arc<SealerKey>);

struct SealerKey {
    id: u32,
    key: RandomizedNonceKey,
}

impl Sealer {
    /// Seals `plaintext` for the place `aad`.
    ///
    /// # Errors
    /// [`SealingError::Library`] without randomness.
    pub fn seal(&self, aad: Aad, plaintext: &[u8]) -> Result<Sealed, SealingError> {
        let mut body = plaintext.to_vec();
        // Room for the tag at once: growing later would leave plaintext behind in freed memory.
        body.reserve_exact(TAG);
        let nonce = self
            .0
            .key
            .seal_in_place_append_tag(Associated::from(associated(aad, self.0.id)), &mut body)
            .map_err(|_| SealingError::Library)?;
        let mut out = Vec::with_capacity(HEADER + body.len());
        out.push(VERSION);
        out.extend(self.0.id.to_be_bytes());
        out.extend(nonce.as_ref());
        out.extend(body);
        Ok(Sealed(out))
    }

    /// Seals text.
    ///
    /// # Errors
    /// [`SealingError::Library`] without randomness.
    pub fn seal_text(&self, aad: Aad, text: &Pii<String>) -> Result<Sealed, SealingError> {
        self.seal(aad, text.reveal().as_bytes())
    }

    /// Opens what was sealed for the place `aad`; the plaintext is wiped on drop.
    ///
    /// # Errors
    /// [`SealingError`].
    pub fn open(&self, aad: Aad, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let bytes = &sealed.0;
        if bytes.len() < HEADER + TAG || bytes[0] != VERSION {
            return Err(SealingError::Format);
        }
        let (header, body) = bytes.split_at(HEADER);
        let wanted = header[1..=KEY_ID]
            .iter()
            .fold(0, |id, byte| id << 8 | u32::from(*byte));
        if wanted != self.0.id {
            return Err(SealingError::OtherKey {
                wanted,
                held: self.0.id,
            });
        }
        let nonce = Nonce::try_assume_unique_for_key(&header[1 + KEY_ID..])
            .map_err(|_| SealingError::Format)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .0
            .key
            .open_in_place(nonce, Associated::from(associated(aad, wanted)), &mut body)
            .map_err(|_| SealingError::Altered)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// Opens text.
    ///
    /// # Errors
    /// [`SealingError`].
    pub fn open_text(&self, aad: Aad, sealed: &Sealed) -> Result<Pii<String>, SealingError> {
        let plain = self.open(aad, sealed)?;
        std::str::from_utf8(&plain)
            .map(|text| Pii::new(text.to_owned()))
            .map_err(|_| SealingError::NotText)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(key {:08x})", self.0.id)
    }
}

/// Version, key id, row, then table and column with their lengths: no two places look alike.
fn associated(aad: Aad, key_id: u32) -> Vec<u8> {
    let mut out = vec![VERSION];
    out.extend(key_id.to_be_bytes());
    out.extend(aad.row.as_bytes());
    for name in [aad.table, aad.column] {
        out.extend((name.len() as u64).to_be_bytes());
        out.extend(name.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Aad = Aad {
        table: "core.chart_entry",
        column: "text",
        row: Uuid::from_u128(7),
    };

    fn sealer(master: u8, class: DataClass) -> Sealer {
        KeyRing::new(&[master; 32]).sealer(class).expect("derived")
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let sealer = sealer(1, DataClass::Clinical);
        let text = Pii::new("penicillin: rash — since 2019".to_owned());
        let sealed = sealer.seal_text(PLACE, &text).expect("sealed");
        assert_eq!(sealer.open_text(PLACE, &sealed), Ok(text.clone()));
        let needle = text.reveal().as_bytes();
        assert!(!sealed.as_bytes().windows(needle.len()).any(|w| w == needle));
        assert_ne!(sealer.seal_text(PLACE, &text).expect("sealed"), sealed);
        let empty = sealer.seal(PLACE, b"").expect("sealed");
        assert!(sealer.open(PLACE, &empty).expect("opens").is_empty());
    }

    #[test]
    fn another_table_column_or_row_does_not_open_it() {
        let sealer = sealer(1, DataClass::Clinical);
        let sealed = sealer.seal(PLACE, b"x").expect("sealed");
        for other in [
            Aad {
                table: "core.chart_entr",
                ..PLACE
            },
            Aad {
                column: "kind",
                ..PLACE
            },
            Aad {
                row: Uuid::from_u128(8),
                ..PLACE
            },
            // The border between the names must count.
            Aad {
                table: "core.chart_entryt",
                column: "ext",
                ..PLACE
            },
        ] {
            assert_eq!(sealer.open(other, &sealed), Err(SealingError::Altered));
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealer = sealer(1, DataClass::Messages);
        let sealed = sealer.seal(PLACE, b"on my way").expect("sealed");
        for index in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[index] ^= 1;
            assert!(
                sealer.open(PLACE, &Sealed::from_bytes(bytes)).is_err(),
                "byte {index}"
            );
        }
        for length in 0..sealed.as_bytes().len() {
            let cut = Sealed::from_bytes(sealed.as_bytes()[..length].to_vec());
            assert!(sealer.open(PLACE, &cut).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_wrong_key_says_so() {
        let sealed = sealer(1, DataClass::Clinical)
            .seal(PLACE, b"x")
            .expect("sealed");
        let other = sealer(2, DataClass::Clinical);
        let error = other.open(PLACE, &sealed).expect_err("refused");
        assert!(matches!(error, SealingError::OtherKey { .. }));
        assert!(error.to_string().contains("master.key"));
        assert!(matches!(
            sealer(1, DataClass::Messages).open(PLACE, &sealed),
            Err(SealingError::OtherKey { .. })
        ));
    }
}
