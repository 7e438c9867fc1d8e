//! The entries that wait on disk.
//!
//! # Contract
//! [`Spool::append`] returns once the entries are on disk; from then on they are delivered,
//! whatever ends the program. Delivery reads them back in order ([`Spool::next`]) and forgets
//! them when told that they are kept elsewhere ([`Spool::acknowledge`]). After a start, what
//! an earlier life left behind comes first; some of it may have been delivered before.
//!
//! Every life of the program writes files of its own under a name of its own, so a place
//! `(journal, seq)` never stands for two entries, not even when an old copy of the directory was
//! put back.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bus::journal::{Batch, Entry, MAX_BATCH};

use super::frame;
use super::segment::{self, Found, Segment};

/// A file that has grown this large is followed by a new one.
const SEGMENT: u64 = 256 * 1024;
/// A file this large that has been delivered wholly is removed although it could grow on, so
/// that a quiet node keeps little and a restart repeats little.
const ROLL: u64 = 64 * 1024;
/// Bytes of entries in one batch at most: a quarter of what the bus takes.
const BATCH_BYTES: usize = 256 * 1024;

/// See the module's contract. One program at a time; its calls block on the disk.
#[derive(Debug)]
pub(super) struct Spool {
    dir: PathBuf,
    journal: u64,
    /// The place of the next entry.
    seq: u64,
    /// Oldest first. The last one is written to while there is a writer.
    segments: VecDeque<Segment>,
    writer: Option<File>,
    last_index: u64,
    /// Held for as long as the spool lives.
    lock: File,
}

impl Drop for Spool {
    /// Closing alone would leave the lock to a child that was forked meanwhile, until it runs its
    /// own program.
    fn drop(&mut self) {
        // What cannot be unlocked is unlocked when the last copy is closed.
        let _ = self.lock.unlock();
    }
}

/// What opening found besides entries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Damage {
    /// Bytes after the last sound record: a write the end of the program or machine cut short.
    pub(super) torn_bytes: u64,
    /// Files that are none of ours; they are left where they are.
    pub(super) foreign: u64,
}

/// Entries to deliver.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) batch: Batch,
    /// Their bytes in the file, headers not counted.
    bytes: u64,
    /// Records at their place that cannot be read as entries, as a newer program may have left
    /// them. They come alone, with an empty batch, and are to be acknowledged like others.
    pub(super) unreadable: u64,
}

impl Spool {
    /// Opens the spool at `dir`, made with mode 0700 where it is missing, under the name
    /// `journal`, which no earlier life had.
    ///
    /// # Errors
    /// Of the file system; [`io::ErrorKind::WouldBlock`] when another program has it open.
    pub(super) fn open(dir: &Path, journal: u64) -> io::Result<(Self, Damage)> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(dir.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
            TryLockError::Error(error) => error,
        })?;
        let mut this = Self {
            dir: dir.to_owned(),
            journal,
            seq: 1,
            segments: VecDeque::new(),
            writer: None,
            last_index: 0,
            lock,
        };
        let mut damage = Damage::default();
        for (index, path) in segment::list(dir)? {
            this.last_index = index;
            match Segment::open(path.clone())? {
                Found::Records(segment, torn) => {
                    damage.torn_bytes += torn;
                    this.segments.push_back(segment);
                }
                Found::Nothing => fs::remove_file(path)?,
                Found::Foreign => damage.foreign += 1,
            }
        }
        Ok((this, damage))
    }

    /// Writes `entries` and waits until they are on disk.
    ///
    /// # Errors
    /// Of the file system: none of them counts as written, and they may be appended again.
    pub(super) fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut records = Vec::new();
        for entry in entries {
            // Identifiers, words and numbers: far below the largest record.
            frame::write(&mut records, &serde_json::to_vec(entry)?);
        }
        let full = |segment: &Segment| segment.length() >= SEGMENT;
        if self.segments.back().is_some_and(full) {
            self.writer = None;
        }
        if self.writer.is_none() {
            self.begin_segment()?;
        }
        let (Some(file), Some(segment)) = (&self.writer, self.segments.back_mut()) else {
            return Err(io::Error::other("a segment that was just made is gone"));
        };
        let count = entries.len() as u64;
        if let Err(error) = segment.write(file, &records, count) {
            // What reached the file is not known: it is left as it is, and a new one begun.
            self.writer = None;
            if segment.is_empty() {
                let _ = segment.remove();
                self.segments.pop_back();
            }
            return Err(error);
        }
        self.seq += count;
        Ok(())
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        self.last_index += 1;
        let (segment, file) = Segment::create(&self.dir, self.last_index, self.journal, self.seq)?;
        self.segments.push_back(segment);
        self.writer = Some(file);
        Ok(())
    }

    /// The oldest entries that are not acknowledged; none when there are none. The same again
    /// until they are.
    ///
    /// # Errors
    /// Of the file system.
    pub(super) fn next(&mut self) -> io::Result<Option<Next>> {
        let Some(segment) = self.segments.iter().find(|segment| segment.unread() > 0) else {
            return Ok(None);
        };
        let records = segment.peek(MAX_BATCH, BATCH_BYTES)?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for record in &records {
            let Ok(entry) = serde_json::from_slice(record) else {
                break;
            };
            entries.push(entry);
            bytes += record.len() as u64;
        }
        let unreadable = u64::from(entries.is_empty());
        if unreadable > 0 {
            bytes = records.first().map_or(0, |record| record.len() as u64);
        }
        let batch = Batch {
            journal: segment.journal,
            first: segment.next(),
            entries,
        };
        Ok(Some(Next {
            batch,
            bytes,
            unreadable,
        }))
    }

    /// Forgets what [`Spool::next`] gave: it is kept elsewhere, or not to be kept.
    pub(super) fn acknowledge(&mut self, done: &Next) {
        let count = done.batch.entries.len() as u64 + done.unreadable;
        let mut unread = self.segments.iter_mut().filter(|it| it.unread() > 0);
        if let Some(segment) = unread.next() {
            segment.advance(count, done.bytes);
        }
        self.drop_front_while_read();
    }

    /// Gives up what cannot be read of the oldest segment any more: the disk has changed it. How
    /// many entries that were.
    pub(super) fn give_up_segment(&mut self) -> u64 {
        let mut unread = self.segments.iter_mut().filter(|it| it.unread() > 0);
        let lost = unread.next().map_or(0, |segment| {
            let lost = segment.unread();
            segment.skip_all();
            lost
        });
        self.drop_front_while_read();
        lost
    }

    /// Removes files that were delivered. One that cannot be removed is tried again at the next
    /// start, and its entries are known by their places.
    fn drop_front_while_read(&mut self) {
        while let Some(front) = self.segments.front() {
            let written = self.writer.is_some() && self.segments.len() == 1;
            if front.unread() > 0 || (written && front.length() < ROLL) {
                return;
            }
            if written {
                self.writer = None;
            }
            if let Err(error) = front.remove() {
                tracing::warn!("A delivered part of the journal was not removed: {error}");
            }
            self.segments.pop_front();
        }
    }

    /// Bytes on disk.
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(Segment::length).sum()
    }

    /// Entries not acknowledged.
    pub(super) fn waiting(&self) -> u64 {
        self.segments.iter().map(Segment::unread).sum()
    }
}

#[cfg(test)]
mod tests;
