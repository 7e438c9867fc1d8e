//! The canonical bytes of a row: what its MAC covers and what the log hashes. The format is part
//! of `docs/protocol/audit-log.md`; a change of it is a new context word.

use serde_json::Value;
use uuid::Uuid;

use super::store::Row;

/// Says which encoding was authenticated; a later one gets another text.
const CONTEXT: &[u8] = b"bedside audit row v1";

/// Every column except the MAC itself and `xid`. The latter is bookkeeping of one physical
/// cluster, which a restore into another one must be able to renew.
pub(super) fn encode(row: &Row) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(640);
    buffer.extend_from_slice(CONTEXT);
    let mut out = Encoder(buffer);
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

/// The entry of `row` in the log: its canonical bytes and its MAC. The MAC also hides what the
/// rest says from who sees hashes alone.
pub(super) fn entry(row: &Row) -> Vec<u8> {
    let mut bytes = encode(row);
    bytes.extend_from_slice(&row.mac);
    bytes
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
