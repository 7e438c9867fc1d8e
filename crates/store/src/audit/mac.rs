//! The audit key and what it makes: the MAC of a row, the MAC of its place in the log, and the
//! keys that sign checkpoints and reports.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_lc_rs::{constant_time, hmac};
use uuid::Uuid;

use super::canonical;
use super::leaf::Leaf;
use super::store::Row;

/// The secret that authenticates audit rows, with the signing keys derived from it.
#[derive(Clone)]
pub struct AuditKey {
    key: hmac::Key,
    id: i64,
    // Shared, because a key pair does not copy.
    checkpoints: Arc<Ed25519KeyPair>,
    reports: Arc<Ed25519KeyPair>,
}

impl AuditKey {
    /// The audit key of these 32 secret bytes. The library wipes its copy when dropped.
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let name = hmac::sign(&key, b"bedside audit key id v1");
        let id = name.as_ref()[..4]
            .iter()
            .fold(0, |id, byte| id << 8 | i64::from(*byte));
        Self {
            id,
            checkpoints: pair(&key, b"bedside audit checkpoint key v1"),
            reports: pair(&key, b"bedside audit report key v1"),
            key,
        }
    }

    /// The key's public name, stored with each row: 32 bits that tell keys apart and tell
    /// nothing about them.
    pub fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn sign(&self, row: &Row) -> Vec<u8> {
        self.mac(&canonical::encode(row))
    }

    /// The MAC of an entry's place: nobody without the key can move it.
    pub(crate) fn sign_leaf(&self, leaf: &Leaf) -> Vec<u8> {
        self.mac(&leaf.encode())
    }

    pub(crate) fn is_of_leaf(&self, leaf: &Leaf) -> bool {
        constant_time::verify_slices_are_equal(&self.sign_leaf(leaf), &leaf.mac).is_ok()
    }

    fn mac(&self, bytes: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, bytes).as_ref().to_vec()
    }

    /// The Ed25519 public key (RFC 8032) that checkpoints are verified with.
    pub fn checkpoint_key(&self) -> [u8; 32] {
        public(&self.checkpoints)
    }

    pub(crate) fn sign_checkpoint(&self, text: &[u8]) -> Vec<u8> {
        self.checkpoints.sign(text).as_ref().to_vec()
    }

    /// The Ed25519 public key (RFC 8032) that reports are verified with.
    pub fn report_key(&self) -> [u8; 32] {
        public(&self.reports)
    }

    /// The detached Ed25519 signature of a report's bytes.
    pub fn sign_report(&self, report: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        out.copy_from_slice(self.reports.sign(report).as_ref());
        out
    }
}

/// The key pair of a label: the label's MAC is its seed, so one file holds every audit secret.
fn pair(key: &hmac::Key, label: &[u8]) -> Arc<Ed25519KeyPair> {
    let seed = hmac::sign(key, label);
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_ref());
    Arc::new(pair.expect("every 32 bytes are an Ed25519 seed (RFC 8032, section 5.1.5)"))
}

fn public(pair: &Ed25519KeyPair) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(pair.public_key().as_ref());
    out
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditKey(‹secret›)")
    }
}

/// The key that writes and those that wrote before it. What a retired key wrote stays verifiable.
#[derive(Debug, Clone)]
pub struct AuditKeys {
    current: AuditKey,
    retired: Vec<AuditKey>,
}

impl AuditKeys {
    /// `current` writes; `retired` only verify.
    pub fn new(current: AuditKey, retired: Vec<AuditKey>) -> Self {
        Self { current, retired }
    }

    /// The one that writes.
    pub fn current(&self) -> &AuditKey {
        &self.current
    }

    /// The one of this name.
    pub fn named(&self, id: i64) -> Option<&AuditKey> {
        self.all().find(|key| key.id == id)
    }

    /// Every key, the current one first.
    pub fn all(&self) -> impl Iterator<Item = &AuditKey> {
        std::iter::once(&self.current).chain(&self.retired)
    }
}

/// A row does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MacError {
    /// Another key was in use when the row was written.
    #[error("audit row {row} was written under key {key_id:08x}, which is not the one at hand")]
    OtherKey {
        /// Which row.
        row: Uuid,
        /// The key it names.
        key_id: i64,
    },
    /// The row is not what was written.
    #[error("audit row {row} was altered after it was written")]
    Altered {
        /// Which row.
        row: Uuid,
    },
}

/// Proves that `row` is, column for column, what a holder of `key` wrote.
///
/// # Errors
/// [`MacError`] naming the row.
pub fn verify_row(key: &AuditKey, row: &Row) -> Result<(), MacError> {
    verify_encoded(key, row, &canonical::encode(row))
}

/// The same, where the canonical bytes are at hand.
pub(super) fn verify_encoded(key: &AuditKey, row: &Row, bytes: &[u8]) -> Result<(), MacError> {
    if row.key_id != key.id {
        return Err(MacError::OtherKey {
            row: row.id,
            key_id: row.key_id,
        });
    }
    constant_time::verify_slices_are_equal(&key.mac(bytes), &row.mac)
        .map_err(|_| MacError::Altered { row: row.id })
}
