//! Everything a node keeps, by name. The layout is part of the operations manual.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth::{Key, KeyError};
use domain::Entropy;

/// The node's directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataDirError {
    #[error("the data directory {path} cannot be used: {source}; choose another with --data-dir")]
    Io {
        path: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The node's secrets, each for one purpose.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// Signs session tokens.
    pub(crate) session: Key,
    /// Signs media tokens.
    pub(crate) media: Key,
    /// Authenticates audit rows.
    pub(crate) audit: Key,
    /// Mints TURN credentials; an external relay shares it.
    pub(crate) turn: Key,
}

impl DataDir {
    /// Makes the directory and its folders where they are missing. The top is passable (0711), as
    /// the database's own user must reach its folder; the folder of secrets is 0700.
    pub(crate) fn create(path: &Path) -> Result<Self, DataDirError> {
        let io = |source| DataDirError::Io {
            path: path.display().to_string(),
            source,
        };
        if !path.exists() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o711)
                .create(path)
                .map_err(io)?;
        }
        let this = Self(path.canonicalize().map_err(io)?);
        let keys = this.keys_folder();
        if !keys.exists() {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(&keys)
                .map_err(io)?;
        }
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o700)).map_err(io)?;
        Ok(this)
    }

    /// The directory itself; the private database keeps its own folders in it.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The bus's sockets; the bus makes and checks the folder.
    pub(crate) fn bus(&self) -> PathBuf {
        self.0.join("bus")
    }

    /// The visit journal; signaling makes the folder.
    pub(crate) fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// Certificates made here or given by an authority, and the account with it.
    pub(crate) fn tls(&self) -> PathBuf {
        self.0.join("tls")
    }

    /// The secrets, among them the key-encryption keys unless they are kept elsewhere.
    pub(crate) fn keys_folder(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The node's secrets, made at the first start.
    pub(crate) fn keys(&self, entropy: &Arc<dyn Entropy>) -> Result<Keys, DataDirError> {
        Ok(Keys {
            session: self.key("session.key", entropy)?,
            media: self.key("media.key", entropy)?,
            audit: self.key("audit.key", entropy)?,
            turn: self.key("turn.key", entropy)?,
        })
    }

    /// What the passwords of the demo accounts are derived from; exists only after `--demo`.
    pub(crate) fn demo_key(&self, entropy: &Arc<dyn Entropy>) -> Result<Key, DataDirError> {
        self.key("demo.key", entropy)
    }

    fn key(&self, name: &str, entropy: &Arc<dyn Entropy>) -> Result<Key, DataDirError> {
        Ok(Key::load_or_create(
            &self.keys_folder().join(name),
            &**entropy,
        )?)
    }
}
