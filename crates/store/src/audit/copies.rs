//! The second place of checkpoints: a directory, best on another machine's disk. Whoever rewrites
//! the database must rewrite this too, and every copy made of it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::log::StoredCheckpoint;

/// The newest note, as the C2SP formats name it.
const LATEST: &str = "checkpoint";
const PREFIX: &str = "checkpoints-";
const SUFFIX: &str = ".jsonl";

/// A directory of checkpoints: `checkpoint` is the newest note, `checkpoints-YYYY-MM.jsonl` hold
/// every one, a line each.
#[derive(Debug, Clone)]
pub struct Copies(PathBuf);

/// One line of a month's file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    size: u64,
    root: String,
    at: jiff::Timestamp,
    note: String,
}

impl Copies {
    /// The directory `path`, made when the first checkpoint is kept.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The newest note; none when there is no copy yet. Blocks.
    pub(super) fn latest(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(self.0.join(LATEST)) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps a checkpoint, on disk when this returns. Blocks.
    pub(super) fn keep(&self, checkpoint: &StoredCheckpoint) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let line = Line {
            size: checkpoint.size,
            root: STANDARD.encode(checkpoint.root),
            at: checkpoint.at,
            note: checkpoint.note.clone(),
        };
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        let month = checkpoint.at.strftime("%Y-%m");
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.0.join(format!("{PREFIX}{month}{SUFFIX}")))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let unfinished = self.0.join(format!("{LATEST}.new"));
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(checkpoint.note.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, self.0.join(LATEST))
    }
}

/// The notes in `path`: a directory of [`Copies`], one of its files, or a single signed note.
/// Blocks.
///
/// # Errors
/// What the system says, and [`io::ErrorKind::InvalidData`] for a line that is none of ours; an
/// unfinished last line is left out.
pub fn read_notes(path: &Path) -> io::Result<Vec<String>> {
    if !path.is_dir() {
        return notes(&fs::read_to_string(path)?);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(|name| {
            name.starts_with(PREFIX) && name.ends_with(SUFFIX) || name == LATEST
        }) {
            files.push(path.join(name));
        }
    }
    files.sort();
    let mut found = Vec::new();
    for file in files {
        found.extend(notes(&fs::read_to_string(file)?)?);
    }
    Ok(found)
}

fn notes(text: &str) -> io::Result<Vec<String>> {
    if !text.starts_with('{') {
        return Ok(vec![text.to_owned()]);
    }
    // What follows the last newline was being written when the power went.
    let (complete, _) = text.rsplit_once('\n').unwrap_or_default();
    complete
        .lines()
        .map(|line| Ok(serde_json::from_str::<Line>(line)?.note))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(size: u64, at: &str) -> StoredCheckpoint {
        StoredCheckpoint {
            size,
            root: [3; 32],
            at: at.parse().expect("an instant"),
            note: format!("log\n{size}\nx\n\nsignature\n"),
        }
    }

    #[test]
    fn every_checkpoint_stays_and_the_newest_is_at_hand() {
        let dir = tempfile::tempdir().expect("a directory");
        let copies = Copies::new(dir.path().join("deep/er"));
        assert_eq!(copies.latest().expect("readable"), None);
        let kept = [
            checkpoint(1, "2026-10-31T23:59:00Z"),
            checkpoint(5, "2026-11-01T00:00:00Z"),
            checkpoint(9, "2026-11-02T00:00:00Z"),
        ];
        for one in &kept {
            copies.keep(one).expect("kept");
        }
        assert_eq!(
            copies.latest().expect("readable"),
            Some(kept[2].note.clone())
        );
        let mut read = read_notes(&copies.0).expect("readable");
        read.sort();
        read.dedup();
        assert_eq!(read, kept.each_ref().map(|one| one.note.clone()));
        let month = copies.0.join("checkpoints-2026-11.jsonl");
        let text = fs::read_to_string(&month).expect("readable");
        fs::write(&month, &text[..text.len() - 4]).expect("cut");
        assert_eq!(
            read_notes(&month).expect("readable"),
            [kept[1].note.clone()]
        );
        fs::write(&month, "{}\n").expect("written");
        assert!(read_notes(&month).is_err());
    }
}
