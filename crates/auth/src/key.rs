//! Symmetric keys in files only their owner can read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use domain::Entropy;
use zeroize::Zeroizing;

/// 256 bits of secret, wiped on drop and never printed.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

/// A key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Reading or writing failed.
    #[error("key file {path}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not 64 hexadecimal digits.
    #[error("key file {path} is damaged: 64 hexadecimal digits are expected")]
    Damaged {
        /// Which file.
        path: String,
    },
    /// Others than the owner may read the file.
    #[error("key file {path} is readable by others; run: chmod 600 {path}")]
    Exposed {
        /// Which file.
        path: String,
    },
    /// No randomness to make a key from.
    #[error(transparent)]
    Entropy(#[from] domain::EntropyError),
}

impl Key {
    /// A key of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// [`KeyError::Entropy`] without randomness.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The key in `path`; made, flushed to disk and kept there (mode 0600) if the file does not exist.
    ///
    /// # Errors
    /// [`KeyError`]; an existing file is never overwritten.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        let io = |source| KeyError::Io {
            path: path.display().to_string(),
            source,
        };
        if path.exists() {
            return Self::load(path);
        }
        let key = Self::generate(entropy)?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
        let text = Zeroizing::new(hex(key.bytes()));
        file.write_all(text.as_bytes()).map_err(io)?;
        file.sync_all().map_err(io)?;
        Ok(key)
    }

    /// The key in `path`.
    ///
    /// # Errors
    /// [`KeyError`] when it is missing, damaged or readable by others.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let name = || path.display().to_string();
        let io = |source| KeyError::Io {
            path: name(),
            source,
        };
        let mode = fs::metadata(path).map_err(io)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed { path: name() });
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
        unhex(text.trim())
            .map(Self::from_bytes)
            .ok_or_else(|| KeyError::Damaged { path: name() })
    }

    /// The secret bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(‹secret›)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn a_key_survives_in_its_file_and_is_private() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("session.key");
        let made = Key::load_or_create(&path, &SystemEntropy).expect("made");
        let read = Key::load_or_create(&path, &SystemEntropy).expect("read");
        assert_eq!(made.bytes(), read.bytes());
        assert_eq!(
            fs::metadata(&path).expect("metadata").permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_damaged_or_exposed_file_is_refused_and_kept() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("media.key");
        fs::write(&path, "short").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
        assert!(matches!(
            Key::load_or_create(&path, &SystemEntropy),
            Err(KeyError::Damaged { .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");
        assert!(matches!(Key::load(&path), Err(KeyError::Exposed { .. })));
        assert_eq!(fs::read_to_string(&path).expect("kept"), "short");
    }
}
