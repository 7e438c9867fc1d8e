//! Key-encryption keys in files: `keys/master.key` wraps, `keys/master-….key` wrapped before it.

use std::path::PathBuf;

use auth::{Key, KeyError};
use domain::Entropy;
use store::sealing::{KeyProvider, ProviderError};
use zeroize::Zeroizing;

const CURRENT: &str = "master.key";

/// The folder of the keys.
#[derive(Debug, Clone)]
pub(super) struct KeyFiles(PathBuf);

impl KeyFiles {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The key that wraps.
    pub(super) fn current(&self) -> PathBuf {
        self.0.join(CURRENT)
    }

    pub(super) fn exist(&self) -> bool {
        self.current().exists()
    }

    /// Makes the first key.
    pub(super) fn make(&self, entropy: &dyn Entropy) -> Result<(), KeyError> {
        Key::load_or_create(&self.current(), entropy).map(drop)
    }

    /// Makes a new key that wraps from now on; the old one stays beside it. Interrupted at any
    /// point, it leaves the old or the new key in force, and both readable.
    pub(super) fn renew(&self, entropy: &dyn Entropy) -> Result<(), KeyError> {
        let current = self.current();
        let io = |source| KeyError::Io {
            path: current.display().to_string(),
            source,
        };
        let taken = std::fs::read_dir(&self.0).map_err(io)?.count();
        let mut number = taken;
        let retired = loop {
            let retired = self.0.join(format!("master-{number:04}.key"));
            match std::fs::hard_link(&current, &retired) {
                Ok(()) => break retired,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(io(error)),
            }
        };
        let new = self.0.join("master.key.new");
        // Left over from a renewal that was interrupted: it never was in force.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        Key::load_or_create(&new, entropy)?;
        std::fs::rename(&new, &current).map_err(io)?;
        std::fs::File::open(&self.0)
            .and_then(|folder| folder.sync_all())
            .map_err(io)?;
        tracing::info!(key.retired = %retired.display(), "A new key-encryption key is in force");
        Ok(())
    }

    pub(super) fn provider(&self) -> Result<KeyProvider, ProviderError> {
        let files = self.clone();
        let place = self.current().display().to_string();
        KeyProvider::local(&place, Box::new(move || files.read()))
    }

    /// Every key, the current one first.
    fn read(&self) -> Result<Vec<Zeroizing<[u8; 32]>>, String> {
        let load = |path: PathBuf| match Key::load(&path) {
            Ok(key) => Ok(Zeroizing::new(*key.bytes())),
            Err(error) => Err(error.to_string()),
        };
        let mut keys = vec![load(self.current())?];
        let unreadable = |error: std::io::Error| format!("{}: {error}", self.0.display());
        let mut retired = Vec::new();
        for entry in std::fs::read_dir(&self.0).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("master-") && name.ends_with(".key") {
                retired.push(self.0.join(&*name));
            }
        }
        retired.sort();
        for path in retired {
            keys.push(load(path)?);
        }
        Ok(keys)
    }
}
