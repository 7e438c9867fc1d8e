//! Whether one entry and its row are what was written.

use super::finding::{Finding, Kind};
use crate::audit::canonical;
use crate::audit::leaf::Leaf;
use crate::audit::mac::{AuditKey, AuditKeys, verify_encoded};
use crate::audit::store::Row;
use crate::audit::tree;

/// How far around its place an entry's true number is looked for.
const AROUND: u64 = 64;

/// What is wrong with an entry that stands at `leaf.seq`, and with the row found for it. The
/// second value says whether the entry's hash can be trusted. A row that is absent is left to the
/// caller, who knows whether its month has left.
pub(crate) fn check(keys: &AuditKeys, leaf: &Leaf, row: Option<&Row>) -> (Option<Finding>, bool) {
    let found = |kind, text: String| Finding::new(kind, Some(leaf.seq), Some(leaf.event), text);
    let Some(key) = keys.named(leaf.key_id) else {
        let text = format!("the entry names key {:08x}", leaf.key_id);
        return (Some(found(Kind::UnknownKey, text)), false);
    };
    let trusted = key.is_of_leaf(leaf);
    let state = row.map(|row| state(keys, leaf, row));
    let finding = match (trusted, state) {
        (true, None | Some(State::Sound)) => None,
        (true, Some(State::OtherKey(id))) => Some(found(
            Kind::UnknownKey,
            format!("the row names key {id:08x}"),
        )),
        (true, Some(State::Forged)) => Some(found(
            Kind::Inserted,
            "the row was not written by a holder of the key".to_owned(),
        )),
        (true, Some(State::Altered)) => Some(found(
            Kind::Altered,
            "the row is not what was written".to_owned(),
        )),
        (true, Some(State::Exchanged)) => Some(found(
            Kind::Altered,
            "the row was exchanged for another authentic one".to_owned(),
        )),
        (false, _) => Some(displaced(key, leaf, state)),
    };
    (finding, trusted)
}

/// How a row stands to its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    OtherKey(i64),
    /// Neither MAC nor hash fit.
    Altered,
    /// The hash fits: it was sealed as it is, without a valid MAC.
    Forged,
    /// The MAC fits and the hash does not.
    Exchanged,
}

fn state(keys: &AuditKeys, leaf: &Leaf, row: &Row) -> State {
    let Some(key) = keys.named(row.key_id) else {
        return State::OtherKey(row.key_id);
    };
    let mut bytes = canonical::encode(row);
    let authentic = verify_encoded(key, row, &bytes).is_ok();
    bytes.extend_from_slice(&row.mac);
    match (authentic, tree::leaf_hash(&bytes) == leaf.hash) {
        (true, true) => State::Sound,
        (true, false) => State::Exchanged,
        (false, true) => State::Forged,
        (false, false) => State::Altered,
    }
}

/// What became of an entry whose MAC does not fit its place.
fn displaced(key: &AuditKey, leaf: &Leaf, state: Option<State>) -> Finding {
    let found = |kind, text| Finding::new(kind, Some(leaf.seq), Some(leaf.event), text);
    let around = leaf.seq.saturating_sub(AROUND)..=leaf.seq.saturating_add(AROUND);
    let mut probe = leaf.clone();
    let home = around.into_iter().find(|seq| {
        probe.seq = *seq;
        key.is_of_leaf(&probe)
    });
    match (home, state) {
        (Some(home), _) if home == leaf.seq + 1 => found(
            Kind::Renumbered,
            format!("the entry was written as number {home}: one before it is gone"),
        ),
        (Some(home), _) => found(
            Kind::Moved,
            format!("the entry was written as number {home}"),
        ),
        (None, Some(State::Sound)) => found(
            Kind::Moved,
            "the row is authentic but was not written at this place".to_owned(),
        ),
        (None, _) => found(
            Kind::EntryAltered,
            "the entry is not what was written".to_owned(),
        ),
    }
}
