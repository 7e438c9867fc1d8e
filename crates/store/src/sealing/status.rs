//! What keys there are, for an operator.

use jiff::Timestamp;
use uuid::Uuid;

use super::error::KeysError;
use super::place::SealedColumn;
use super::store;
use super::value::{KeyName, parts};
use crate::{Connection, StoreError};

/// Values read in one go.
const RUN: i64 = 1_000;

/// The keys of a database. Holds names and counts, no key.
#[derive(Debug, Clone)]
pub struct Status {
    /// Key-encryption keys: name, and since when nothing new is wrapped under it.
    pub keks: Vec<(String, Option<Timestamp>)>,
    /// Data keys by class and state.
    pub keys: Vec<(String, String, i64)>,
    /// The rotation under way: since when.
    pub rotating: Option<Timestamp>,
    /// Values it has put under new keys.
    pub resealed: u64,
}

/// Under what the values of a column lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Values {
    /// Under keys that seal now.
    pub current: u64,
    /// Under retired keys.
    pub retired: u64,
    /// Under keys derived from a master key: of before envelope keys.
    pub derived: u64,
    /// Under keys that were destroyed.
    pub erased: u64,
    /// Under nothing this database knows.
    pub unknown: u64,
}

/// What keys `conn`'s database has.
///
/// # Errors
/// [`StoreError`].
pub async fn status(conn: &mut Connection) -> Result<Status, StoreError> {
    let running = store::running(conn).await?;
    let resealed = match running {
        Some((rotation, _)) => store::total(conn, rotation).await?.resealed,
        None => 0,
    };
    Ok(Status {
        keks: store::kek_states(conn).await?,
        keys: store::key_states(conn).await?,
        rotating: running.map(|(_, since)| since),
        resealed,
    })
}

/// Under what the values of `column` lie. Reads them all, opens none.
///
/// # Errors
/// [`KeysError::Store`].
pub async fn values(conn: &mut Connection, column: &SealedColumn) -> Result<Values, KeysError> {
    let mut found = Values::default();
    let mut after: Option<Uuid> = None;
    loop {
        let rows = store::headers(conn, column, after, RUN).await?;
        let Some((last, ..)) = rows.last() else {
            return Ok(found);
        };
        after = Some(*last);
        let ids: Vec<Uuid> = rows
            .iter()
            .filter_map(|(_, header)| match parts(header).ok()?.key {
                KeyName::Stored(id) => Some(id),
                KeyName::Derived(_) => None,
            })
            .collect();
        let states = store::states(conn, &ids).await?;
        for (_, header) in &rows {
            let count = match parts(header).map(|parts| parts.key) {
                Ok(KeyName::Derived(_)) => &mut found.derived,
                Ok(KeyName::Stored(id)) => match states.get(&id).map(String::as_str) {
                    Some("active") => &mut found.current,
                    Some("retired") => &mut found.retired,
                    Some("destroyed") => &mut found.erased,
                    _ => &mut found.unknown,
                },
                Err(_) => &mut found.unknown,
            };
            *count += 1;
        }
    }
}
