//! An export of the whole log: one JSON object a line, in the order a [`Sink`] takes them. It
//! holds identifiers and stable names, as the log does, and verifies without a database.

use std::io::{self, BufRead, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hex;
use super::leaf::Leaf;
use super::store::Row;
use super::tree::Hash;
use super::verify::Sink;

/// The name of an export inside a directory.
pub const FILE: &str = "audit-log.jsonl";
/// The format's name; a later one gets another.
const FORMAT: &str = "bedside-audit-export-v1";
/// Longest line looked at: a tile is 16 KiB of digits, a row far less.
const MAX_LINE: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Log {
        format: String,
        origin: String,
        entries: u64,
    },
    Checkpoint {
        size: u64,
        at: Timestamp,
        note: String,
    },
    Tile {
        level: u8,
        index: u64,
        #[serde(with = "hex")]
        hashes: Vec<u8>,
    },
    Entry {
        seq: u64,
        event: Uuid,
        event_at: Timestamp,
        #[serde(with = "hex")]
        hash: Vec<u8>,
        key_id: i64,
        #[serde(with = "hex")]
        mac: Vec<u8>,
        row: Option<Box<Row>>,
    },
    Unsealed {
        behind: bool,
        row: Box<Row>,
    },
    Timeless {
        row: Uuid,
    },
    End {
        lines: u64,
    },
}

/// Writes an export. Nothing is complete before [`Writer::finish`].
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    lines: u64,
}

impl<W: Write> Writer<W> {
    /// A writer to `out`, which should buffer.
    pub fn new(out: W) -> Self {
        Self { out, lines: 0 }
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")?;
        self.lines += 1;
        Ok(())
    }

    /// Marks the end, without which the export does not verify, and gives `out` back, flushed.
    ///
    /// # Errors
    /// What writing gives.
    pub fn finish(mut self) -> io::Result<W> {
        self.line(&Line::End { lines: self.lines })?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Sink for Writer<W> {
    fn log(&mut self, origin: &str, size: u64) -> io::Result<()> {
        self.line(&Line::Log {
            format: FORMAT.to_owned(),
            origin: origin.to_owned(),
            entries: size,
        })
    }

    fn checkpoint(&mut self, note: &str, size: u64, at: Timestamp) -> io::Result<()> {
        let note = note.to_owned();
        self.line(&Line::Checkpoint { size, at, note })
    }

    fn tile(&mut self, level: u8, index: u64, hashes: &[Hash]) -> io::Result<()> {
        let hashes = hashes.concat();
        self.line(&Line::Tile {
            level,
            index,
            hashes,
        })
    }

    fn entry(&mut self, leaf: &Leaf, row: Option<&Row>) -> io::Result<()> {
        self.line(&Line::Entry {
            seq: leaf.seq,
            event: leaf.event,
            event_at: leaf.event_at,
            hash: leaf.hash.to_vec(),
            key_id: leaf.key_id,
            mac: leaf.mac.clone(),
            row: row.cloned().map(Box::new),
        })
    }

    fn unsealed(&mut self, row: &Row, behind: bool) -> io::Result<()> {
        let row = Box::new(row.clone());
        self.line(&Line::Unsealed { behind, row })
    }

    fn timeless(&mut self, row: Uuid) -> io::Result<()> {
        self.line(&Line::Timeless { row })
    }
}

/// Feeds an export into `sink`.
///
/// # Errors
/// What reading gives; [`io::ErrorKind::InvalidData`], naming the line, for what is no export;
/// [`io::ErrorKind::UnexpectedEof`] when its end is missing.
pub fn read(mut input: impl BufRead, sink: &mut impl Sink) -> io::Result<()> {
    let mut text = String::new();
    for number in 1_u64.. {
        text.clear();
        let length = io::Read::take(&mut input, MAX_LINE).read_line(&mut text)?;
        if length == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the export has no end: it was cut or never finished",
            ));
        }
        let wrong = |what: &str| {
            let text = format!("line {number} of the export {what}");
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        let line = serde_json::from_str(&text).map_err(|_| wrong("cannot be read"))?;
        if matches!(line, Line::Log { .. }) != (number == 1) {
            return Err(wrong("does not belong there"));
        }
        match line {
            Line::Log { format, .. } if format != FORMAT => {
                return Err(wrong("names another format"));
            }
            Line::End { lines } if lines + 1 == number => return Ok(()),
            Line::End { .. } => return Err(wrong("counts other lines than there are")),
            other => feed(other, sink)?,
        }
    }
    Ok(())
}

fn feed(line: Line, sink: &mut impl Sink) -> io::Result<()> {
    // What has another length is no hash of ours; as zeros it fails every check.
    let hash = |bytes: &[u8]| Hash::try_from(bytes).unwrap_or_default();
    match line {
        Line::Log {
            origin, entries, ..
        } => sink.log(&origin, entries),
        Line::Checkpoint { size, at, note } => sink.checkpoint(&note, size, at),
        Line::Tile {
            level,
            index,
            hashes,
        } => {
            let hashes: Vec<Hash> = hashes.chunks(32).map(hash).collect();
            sink.tile(level, index, &hashes)
        }
        Line::Entry {
            seq,
            event,
            event_at,
            hash: bytes,
            key_id,
            mac,
            row,
        } => {
            let leaf = Leaf {
                seq,
                event,
                event_at,
                hash: hash(&bytes),
                key_id,
                mac,
            };
            // The row of an entry is the one it names, and no other.
            let row = row.filter(|row| (row.id, row.at) == (event, event_at));
            sink.entry(&leaf, row.as_deref())
        }
        Line::Unsealed { behind, row } => sink.unsealed(&row, behind),
        Line::Timeless { row } => sink.timeless(row),
        Line::End { .. } => Ok(()),
    }
}
