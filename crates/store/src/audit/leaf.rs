//! An entry of the log: which row stands at which place.

use jiff::Timestamp;
use uuid::Uuid;

use super::store::Row;
use super::tree::{self, Hash};
use super::{AuditKey, canonical};

const CONTEXT: &[u8] = b"bedside audit leaf v1";

/// The place of one row in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// 0, 1, 2 …, without gaps.
    pub seq: u64,
    /// The row.
    pub event: Uuid,
    /// The row's time, which says in which month it is kept.
    pub event_at: Timestamp,
    /// The hash of the row's entry (RFC 6962, section 2.1).
    pub hash: Hash,
    /// The name of the key the MAC was made with.
    pub key_id: i64,
    /// HMAC-SHA256 over all of the above.
    pub mac: Vec<u8>,
}

impl Leaf {
    /// The entry of `row` at `seq`, under `key`.
    pub(super) fn of(row: &Row, seq: u64, key: &AuditKey) -> Self {
        let mut leaf = Self {
            seq,
            event: row.id,
            event_at: row.at,
            hash: tree::leaf_hash(&canonical::entry(row)),
            key_id: key.id(),
            mac: Vec::new(),
        };
        leaf.mac = key.sign_leaf(&leaf);
        leaf
    }

    /// What the MAC covers: fields of fixed length, so no border can move.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = CONTEXT.to_vec();
        out.extend(self.seq.to_be_bytes());
        out.extend(self.event.as_bytes());
        out.extend(self.event_at.as_microsecond().to_be_bytes());
        out.extend(self.hash);
        out.extend(self.key_id.to_be_bytes());
        out
    }
}
