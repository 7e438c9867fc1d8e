//! One file of the spool: a head that says which entries it holds, then records.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::frame;

/// The first bytes of a file; the last of them is the version of the layout.
const MAGIC: [u8; 8] = *b"BEDSJRN1";
/// Magic, journal, first place (both little-endian), CRC-32C of these.
const HEAD: usize = 28;
/// How file names end.
const EXTENSION: &str = "journal";

/// A file and how far it was read.
#[derive(Debug)]
pub(super) struct Segment {
    /// Which life of signaling wrote it.
    pub(super) journal: u64,
    path: PathBuf,
    /// Bytes that are sound and on disk.
    length: u64,
    /// The place after the last record.
    end: u64,
    /// Where reading goes on, in bytes and as a place.
    read_at: u64,
    next: u64,
}

/// What was found of a file of an earlier life.
#[derive(Debug)]
pub(super) enum Found {
    /// Records to deliver, and how many bytes after them are no records.
    Records(Segment, u64),
    /// Nothing: it was being made.
    Nothing,
    /// Something that is no segment of ours.
    Foreign,
}

impl Segment {
    /// Makes a file for the entries of `journal` from the place `first` on; it is on disk when
    /// this returns.
    pub(super) fn create(
        dir: &Path,
        index: u64,
        journal: u64,
        first: u64,
    ) -> io::Result<(Self, File)> {
        let path = dir.join(format!("{index:016x}.{EXTENSION}"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let made = file
            .write_all(&head(journal, first))
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(dir)?.sync_all());
        if let Err(error) = made {
            // Left behind it would be taken for nothing at the next start, as it is.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        let segment = Self {
            journal,
            path,
            length: HEAD as u64,
            end: first,
            read_at: HEAD as u64,
            next: first,
        };
        Ok((segment, file))
    }

    /// Writes `records`, already framed, and waits until they are on disk. On an error nothing
    /// counts as written; the file is then not written to again.
    pub(super) fn write(&mut self, file: &File, records: &[u8], count: u64) -> io::Result<()> {
        file.write_all_at(records, self.length)?;
        file.sync_data()?;
        self.length += records.len() as u64;
        self.end += count;
        Ok(())
    }

    /// Reads the file at `path`.
    pub(super) fn open(path: PathBuf) -> io::Result<Found> {
        let mut bytes = Vec::new();
        File::open(&path)?.read_to_end(&mut bytes)?;
        let Some(found) = bytes.get(..HEAD) else {
            // Made and not finished: the head is on disk before the first record is written.
            return Ok(Found::Nothing);
        };
        let word = |at: usize| {
            let bytes = found.get(at..at + 8).and_then(|word| word.try_into().ok());
            bytes.map_or(0, u64::from_le_bytes)
        };
        let (journal, first) = (word(8), word(16));
        if found != head(journal, first) {
            let blank = bytes.iter().all(|byte| *byte == 0);
            return Ok(if blank {
                Found::Nothing
            } else {
                Found::Foreign
            });
        }
        let (mut length, mut end) = (HEAD, first);
        while let Some((_, taken)) = frame::read(&bytes[length..]) {
            length += taken;
            end += 1;
        }
        if end == first {
            return Ok(Found::Nothing);
        }
        let torn = (bytes.len() - length) as u64;
        let segment = Self {
            journal,
            path,
            length: length as u64,
            end,
            read_at: HEAD as u64,
            next: first,
        };
        Ok(Found::Records(segment, torn))
    }

    /// Up to `count` records from where reading goes on, of `bytes` bytes together but at least
    /// one. Reading goes on there until [`Segment::advance`].
    pub(super) fn peek(&self, count: usize, bytes: usize) -> io::Result<Vec<Vec<u8>>> {
        let left = usize::try_from(self.length - self.read_at).unwrap_or(usize::MAX);
        let mut buffer = vec![0; left.min(bytes.max(frame::HEADER + frame::MAX_RECORD))];
        File::open(&self.path)?.read_exact_at(&mut buffer, self.read_at)?;
        let (mut records, mut at) = (Vec::new(), 0);
        while records.len() < count
            && let Some((record, taken)) = frame::read(&buffer[at..])
        {
            records.push(record.to_vec());
            at += taken;
        }
        if records.is_empty() {
            let damaged = "a record of the journal changed on disk";
            return Err(io::Error::new(io::ErrorKind::InvalidData, damaged));
        }
        Ok(records)
    }

    /// Reading goes on after `count` more records of `bytes` bytes without their headers.
    pub(super) fn advance(&mut self, count: u64, bytes: u64) {
        self.next += count;
        self.read_at += bytes + count * frame::HEADER as u64;
    }

    /// The place of the next record to read.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// Records not read yet.
    pub(super) const fn unread(&self) -> u64 {
        self.end - self.next
    }

    /// Whether no record was ever written.
    pub(super) const fn is_empty(&self) -> bool {
        self.length == HEAD as u64
    }

    /// Bytes on disk.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Gives the rest of the file up.
    pub(super) fn skip_all(&mut self) {
        (self.next, self.read_at) = (self.end, self.length);
    }

    /// Removes the file.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

fn head(journal: u64, first: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&MAGIC);
    head[8..16].copy_from_slice(&journal.to_le_bytes());
    head[16..24].copy_from_slice(&first.to_le_bytes());
    let sum = crc32c::crc32c(&head[..24]);
    head[24..].copy_from_slice(&sum.to_le_bytes());
    head
}

/// The segments in `dir`, in the order of reading.
pub(super) fn list(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let ours = path.extension().is_some_and(|end| end == EXTENSION);
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let Some(index) = stem.and_then(|stem| u64::from_str_radix(stem, 16).ok())
            && ours
        {
            found.push((index, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}
