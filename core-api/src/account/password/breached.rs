//! Passwords known from breaches: a list of SHA-1 hashes as Have I Been Pwned publishes it, kept
//! by the operator, read in place. Nothing is asked over the network.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;

/// Longest line looked at: 40 digits, a colon, a count, an end of line.
const LINE: usize = 80;
/// Hexadecimal digits a line's hash has. Fewer would refuse passwords that were never breached.
const DIGITS: std::ops::RangeInclusive<usize> = 16..=40;
/// Digits that name a file of a folder.
const RANGE: usize = 5;
/// The largest file of a folder that is read, in bytes; published ones have some 80 KiB.
const MOST_RANGE: u64 = 4 << 20;

/// The list.
#[derive(Debug)]
pub(crate) enum Breached {
    /// One file, sorted by hash: lines of `HASH:COUNT`, or of the first digits of hashes.
    Sorted { file: File, length: u64 },
    /// A folder of files named by the first five digits (`0A1B2.txt` or `0A1B2`), whose lines
    /// hold the others.
    Ranges(PathBuf),
}

/// The list cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BreachedError {
    #[error("the list of breached passwords {path} cannot be read: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "the list of breached passwords {path} is not one: name a file of lines HASH:COUNT in the \
         order of the hashes (SHA-1, hexadecimal), or the folder of range files, as Have I Been \
         Pwned publishes them"
    )]
    Form { path: PathBuf },
}

impl Breached {
    /// The list at `path`, which is looked at enough to know its form.
    pub(crate) fn open(path: &Path) -> Result<Self, BreachedError> {
        let read = |source| BreachedError::Read {
            path: path.to_owned(),
            source,
        };
        let form = || BreachedError::Form {
            path: path.to_owned(),
        };
        if path.is_dir() {
            let ranges = Self::Ranges(path.to_owned());
            let first = range_file(path, "00000").map_err(read)?;
            return first.map(|_| ranges).ok_or_else(form);
        }
        let file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let (first, _) = line_at(&file, 0).map_err(read)?;
        match hash_of(&first) {
            Some(_) => Ok(Self::Sorted { file, length }),
            None => Err(form()),
        }
    }

    /// Whether `password` is on the list. Reads some dozen blocks of the disk.
    ///
    /// # Errors
    /// When the list cannot be read any more.
    pub(crate) fn contains(&self, password: &str) -> io::Result<bool> {
        let wanted = sha1_hex(password);
        match self {
            Self::Sorted { file, length } => search(file, *length, &wanted),
            Self::Ranges(folder) => {
                let (range, rest) = wanted.split_at(RANGE);
                let text = range_file(folder, range)?.unwrap_or_default();
                Ok(text.lines().any(|line| {
                    let digits = line.split(':').next().unwrap_or_default();
                    digits.eq_ignore_ascii_case(rest)
                }))
            }
        }
    }
}

/// SHA-1 in capital hexadecimal digits, as the published lists have it.
pub(super) fn sha1_hex(text: &str) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect()
}

/// The text of a range, if its file is there.
fn range_file(folder: &Path, range: &str) -> io::Result<Option<String>> {
    for name in [format!("{range}.txt"), range.to_owned()] {
        let path = folder.join(name);
        match std::fs::metadata(&path) {
            Ok(about) if about.len() <= MOST_RANGE => {
                return std::fs::read_to_string(path).map(Some);
            }
            Ok(_) => {
                return Err(io::Error::other(
                    "a range of breached passwords is too large",
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Halves the file until the line is found or cannot be there. A line belongs to the half its
/// first byte lies in.
fn search(file: &File, length: u64, wanted: &str) -> io::Result<bool> {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low.midpoint(high);
        let start = line_start(file, middle)?;
        if start >= high {
            high = middle;
            continue;
        }
        let (line, next) = line_at(file, start)?;
        let Some(hash) = hash_of(&line) else {
            return Err(io::Error::other("a line of breached passwords is damaged"));
        };
        match wanted[..hash.len()].cmp(&hash) {
            std::cmp::Ordering::Equal => return Ok(true),
            std::cmp::Ordering::Greater => low = next,
            std::cmp::Ordering::Less => high = middle,
        }
    }
    Ok(false)
}

/// Where the first line starts that does not start before `place`.
fn line_start(file: &File, place: u64) -> io::Result<u64> {
    match place {
        0 => Ok(0),
        _ => line_at(file, place - 1).map(|(_, next)| next),
    }
}

/// The text from `place` to the end of its line, and where the next line starts.
fn line_at(file: &File, place: u64) -> io::Result<(String, u64)> {
    let mut block = [0_u8; LINE];
    let mut filled = 0;
    while filled < LINE {
        match file.read_at(&mut block[filled..], place + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    let block = &block[..filled];
    let end = block.iter().position(|byte| *byte == b'\n');
    let line = &block[..end.unwrap_or(filled)];
    let next = place + end.map_or(filled, |end| end + 1) as u64;
    Ok((String::from_utf8_lossy(line).into_owned(), next))
}

/// The hash a line begins with, in capitals.
fn hash_of(line: &str) -> Option<String> {
    let digits = line.trim_end().split(':').next()?;
    let fits = DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| digits.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn words() -> Vec<String> {
        (0..500).map(|number| format!("word {number}")).collect()
    }

    #[test]
    fn every_hash_of_a_sorted_file_is_found_and_no_other() {
        for (digits, end) in [(40, ":7\n"), (40, ":12345\r\n"), (20, "\n")] {
            let mut hashes: Vec<String> = words().iter().map(|word| sha1_hex(word)).collect();
            hashes.sort();
            let mut text = String::new();
            for hash in &hashes {
                write!(text, "{}{end}", &hash[..digits]).unwrap();
            }
            let file = tempfile::NamedTempFile::new().unwrap();
            // With and without an end of the last line.
            for text in [text.as_str(), text.trim_end()] {
                std::fs::write(file.path(), text).unwrap();
                let list = Breached::open(file.path()).unwrap();
                for word in words() {
                    assert!(list.contains(&word).unwrap(), "{word}");
                    assert!(!list.contains(&format!("{word}!")).unwrap(), "{word}");
                }
            }
        }
    }

    #[test]
    fn a_folder_of_ranges_is_searched_by_the_first_digits() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Breached::open(folder.path());
        assert!(matches!(missing, Err(BreachedError::Form { .. })));
        std::fs::write(folder.path().join("00000.txt"), "").unwrap();
        let hash = sha1_hex("quiet harbour");
        let (range, rest) = hash.split_at(RANGE);
        let text = format!("0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n{rest}:9\r\n");
        std::fs::write(folder.path().join(range), text).unwrap();
        let list = Breached::open(folder.path()).unwrap();
        assert!(list.contains("quiet harbour").unwrap());
        assert!(!list.contains("quiet harbours").unwrap());
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["", "password\n", "5BAA6\n"] {
            std::fs::write(file.path(), text).unwrap();
            let error = Breached::open(file.path()).unwrap_err().to_string();
            assert!(error.contains(file.path().to_str().unwrap()), "{error}");
        }
        let gone = Breached::open(Path::new("/nowhere/list"));
        assert!(matches!(gone, Err(BreachedError::Read { .. })));
    }
}
