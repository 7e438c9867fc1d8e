//! The journal of visits on its way to core-api: each entry is written to disk, then told, in
//! order, until core-api has it. See `docs/protocol/journal.md` for what is promised.
//!
//! ```text
//! rooms → Journal (queue) → Keeper (task) → Spool (files) → core-api (bus)
//! ```

mod frame;
mod keeper;
mod metrics;
mod policy;
mod segment;
mod spool;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bus::command::{CoreReply, CoreRequest};
use bus::journal::Entry;
use bus::request;
use tokio::sync::mpsc;

use crate::metrics::Metrics;

pub(crate) use metrics::JournalMetrics;

/// Entries on their way to the disk at most. A healthy disk takes hundreds in one go, so it fills
/// only when the disk fails; then entries are lost and counted.
const QUEUE: usize = 8_192;

/// The journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another program writes it.
    #[error("the journal at {path} is in use by another program")]
    InUse {
        /// Which directory.
        path: String,
    },
    /// The file system refused.
    #[error("the journal at {path} cannot be opened: {source}")]
    Io {
        /// Which directory.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Takes entries; owned by the task that owns the rooms. When it is dropped, everything it took
/// is written and the rest of the journal ends.
pub(crate) struct Journal {
    queue: mpsc::Sender<Entry>,
    metrics: Metrics,
    /// Whether the last entry was lost: a run of losses is logged once.
    losing: bool,
}

impl Journal {
    /// Takes `entry` behind the earlier ones; never waits.
    pub(crate) fn enter(&mut self, entry: Entry) {
        let taken = self.queue.try_send(entry).is_ok();
        if !taken {
            self.metrics.journal.lost.inc();
            if !self.losing {
                tracing::error!(
                    "Entries of the visit journal are being lost: the disk takes no more"
                );
            }
        }
        self.losing = !taken;
    }
}

/// What the journal works with.
pub(crate) struct Setup<'a> {
    /// The directory of its files.
    pub(crate) dir: &'a Path,
    /// Bytes of files at most.
    pub(crate) limit: u64,
    /// A name no earlier life of signaling had.
    pub(crate) name: u64,
    pub(crate) core: Arc<request::Client<CoreRequest, CoreReply>>,
    pub(crate) metrics: Metrics,
}

/// Opens the files and starts the task that keeps them. The task ends after the [`Journal`] is
/// dropped: everything is on disk then, and what core-api took within a second is delivered.
///
/// # Errors
/// [`JournalError`].
pub(crate) async fn start(
    setup: Setup<'_>,
    context: &runtime::Context,
) -> Result<Journal, JournalError> {
    let (dir, name): (PathBuf, u64) = (setup.dir.to_owned(), setup.name);
    let path = dir.display().to_string();
    let opened = tokio::task::spawn_blocking(move || spool::Spool::open(&dir, name)).await;
    let (spool, damage) = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
            return Err(JournalError::InUse { path });
        }
        Ok(Err(source)) => return Err(JournalError::Io { path, source }),
        Err(panic) => {
            let source = std::io::Error::other(panic);
            return Err(JournalError::Io { path, source });
        }
    };
    if damage != spool::Damage::default() {
        tracing::warn!(
            "The journal has {} bytes of an unfinished write and {} files of another program",
            damage.torn_bytes,
            damage.foreign
        );
    }
    if spool.waiting() > 0 {
        let waiting = spool.waiting();
        tracing::info!("{waiting} journal entries of an earlier run wait for core-api");
    }
    let (queue, entries) = mpsc::channel(QUEUE);
    let metrics = setup.metrics;
    let health = context.health.register("visit journal");
    let keeper = keeper::Keeper::new(spool, setup.limit, setup.core, metrics.clone(), health);
    context
        .tasks
        .spawn_essential("signaling journal", keeper.run(entries));
    Ok(Journal {
        queue,
        metrics,
        losing: false,
    })
}
