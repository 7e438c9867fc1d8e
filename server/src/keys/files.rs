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
