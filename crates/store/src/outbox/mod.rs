//! The outbox: events leave the database in one agreed order, without gaps, and only after the
//! transaction that caused them committed.
//!
//! [`crate::Tx::commit`] inserts events beside the change they tell of. A [`Relay`], one in the
//! whole installation (an advisory lock sees to it), gives each committed event the next
//! position: 1, 2, 3 … Consumers keep the last position they applied and take the next one only;
//! on a gap they read [`store::after`].
//!
//! # Why no event is skipped
//! A sequence (`id`) is handed out before commit, so a reader that remembers "the last id I saw"
//! misses a lower id that commits later, and rolled-back ids look like gaps; such readers have to
//! hold back everything younger than `pg_snapshot_xmin`, and one forgotten transaction anywhere
//! in the cluster then holds back every event. The relay remembers nothing: it takes the rows
//! *whose position is null* in its snapshot, whatever their id. A row that commits later is found
//! by the next pass and numbered after; a rolled-back one is never seen. Positions are counted up
//! by the only relay inside its own transaction, so they have no gaps.
//!
//! The order respects cause and effect: events are inserted by the last statement before COMMIT.
//! If B's transaction saw A's changes, A had committed, hence took its `id` before B did and is
//! visible to every snapshot that sees B. Within a pass rows are numbered by `id`, between passes
//! by visibility, and both put A first.

mod relay;
pub mod store;

use serde::Serialize;
use serde_json::Value;

pub use relay::{Relay, Relayed};

/// The largest event, in bytes of JSON: events carry identifiers, not content.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;

/// The events that follow from a transaction, in order.
#[derive(Debug)]
#[must_use = "hand it to Tx::commit"]
pub struct Events(pub(crate) Result<Vec<Value>, String>);

impl Events {
    /// Nothing follows.
    pub fn none() -> Self {
        Self(Ok(Vec::new()))
    }

    /// These, in this order. One that does not serialise, or is larger than
    /// [`MAX_EVENT_BYTES`], makes the commit fail.
    pub fn of<E: Serialize>(events: impl IntoIterator<Item = E>) -> Self {
        Self(events.into_iter().map(|event| value(&event)).collect())
    }
}

fn value<E: Serialize>(event: &E) -> Result<Value, String> {
    let value = serde_json::to_value(event).map_err(|error| error.to_string())?;
    let bytes = value.to_string().len();
    if bytes > MAX_EVENT_BYTES {
        return Err(format!("{bytes} bytes where {MAX_EVENT_BYTES} are allowed"));
    }
    Ok(value)
}

/// An event with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Positioned<E> {
    /// 1, 2, 3 …, without gaps.
    pub position: u64,
    /// The event.
    pub event: E,
}
