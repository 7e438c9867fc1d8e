//! The keyed MAC of a row: HMAC-SHA256 over an encoding in which no two rows look alike.

use aws_lc_rs::{constant_time, hmac};
use serde_json::Value;
use uuid::Uuid;

use super::store::Row;

/// Says which encoding was authenticated; a later one gets another text.
const CONTEXT: &[u8] = b"bedside audit row v1";

/// The secret that authenticates audit rows.
#[derive(Clone)]
pub struct AuditKey {
    key: hmac::Key,
    id: i64,
}

impl AuditKey {
    /// The audit key of these 32 secret bytes. The library wipes its copy when dropped.
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let name = hmac::sign(&key, b"bedside audit key id v1");
        let id = name.as_ref()[..4]
            .iter()
            .fold(0, |id, byte| id << 8 | i64::from(*byte));
        Self { key, id }
    }

    /// The key's public name, stored with each row: 32 bits that tell keys apart and tell
    /// nothing about them.
    pub fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn sign(&self, row: &Row) -> Vec<u8> {
        hmac::sign(&self.key, &encode(row)).as_ref().to_vec()
    }
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditKey(‹secret›)")
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
    if row.key_id != key.id {
        return Err(MacError::OtherKey {
            row: row.id,
            key_id: row.key_id,
        });
    }
    constant_time::verify_slices_are_equal(&key.sign(row), &row.mac)
        .map_err(|_| MacError::Altered { row: row.id })
}

/// Every column except the MAC itself and `xid`. The latter is bookkeeping of one physical
/// cluster, which a restore into another one must be able to renew.
fn encode(row: &Row) -> Vec<u8> {
    let mut out = Encoder(CONTEXT.to_vec());
    out.uuid(Some(row.id));
    out.bytes(Some(&row.at.as_microsecond().to_be_bytes()));
    out.text(Some(&row.actor_kind));
    out.uuid(row.actor_id);
    out.text(row.actor_service.as_deref());
    out.uuid(row.session_id);
    out.bytes(Some(&(row.roles.len() as u64).to_be_bytes()));
    for role in &row.roles {
        out.text(Some(role));
    }
    out.uuid(row.clinic_id);
    out.text(Some(&row.action));
    out.text(Some(&row.resource_type));
    out.uuid(row.resource_id);
    out.uuid(row.patient_id);
    out.text(Some(&row.purpose));
    out.text(Some(&row.outcome));
    out.text(row.code.as_deref());
    out.uuid(row.request_id);
    out.uuid(row.search_id);
    out.json(&row.detail);
    out.bytes(Some(&row.key_id.to_be_bytes()));
    out.0
}

/// Each value is one byte for present or absent, its length (64 bits, big-endian), and its bytes:
/// nothing can move from one column to the next.
struct Encoder(Vec<u8>);

impl Encoder {
    fn bytes(&mut self, value: Option<&[u8]>) {
        match value {
            None => self.0.push(0),
            Some(bytes) => {
                self.0.push(1);
                self.0.extend((bytes.len() as u64).to_be_bytes());
                self.0.extend(bytes);
            }
        }
    }

    fn text(&mut self, value: Option<&str>) {
        self.bytes(value.map(str::as_bytes));
    }

    fn uuid(&mut self, value: Option<Uuid>) {
        self.bytes(value.as_ref().map(|id| id.as_bytes().as_slice()));
    }

    /// Kind, then content; members in the order of their names, because jsonb keeps its own.
    fn json(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.push(b'n'),
            Value::Bool(flag) => self.0.extend([b'b', u8::from(*flag)]),
            Value::Number(number) => {
                self.0.push(b'd');
                self.text(Some(&number.to_string()));
            }
            Value::String(text) => {
                self.0.push(b's');
                self.text(Some(text));
            }
            Value::Array(items) => {
                self.0.push(b'a');
                self.0.extend((items.len() as u64).to_be_bytes());
                items.iter().for_each(|item| self.json(item));
            }
            Value::Object(members) => {
                self.0.push(b'o');
                self.0.extend((members.len() as u64).to_be_bytes());
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(name, _)| *name);
                for (name, member) in members {
                    self.text(Some(name));
                    self.json(member);
                }
            }
        }
    }
}
