//! Who holds the key-encryption keys. They are used to wrap a few keys an organisation, and never
//! stored in the database.

mod command;
mod local;

use std::fmt;
use std::path::PathBuf;

use command::Command;
use local::Local;
use zeroize::Zeroizing;

use super::cipher::Secret;
use super::error::SealingError;

/// Whoever holds a key-encryption key does not do what it should. The text holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No key of that name is at hand.
    #[error("key-encryption key {0} is not at hand")]
    Unknown(String),
    /// The keys cannot be read.
    #[error("the key-encryption key cannot be read: {0}")]
    Unreadable(String),
    /// The command cannot be run, fails, is too slow or answers nonsense.
    #[error("the key command {program} {problem}")]
    Command {
        /// Which program.
        program: String,
        /// What it did.
        problem: String,
    },
    /// A wrapped key was altered, or wrapped under another key.
    #[error("a wrapped key does not open under key-encryption key {0}")]
    Altered(String),
    /// The cryptographic library failed, for want of randomness.
    #[error("a key could not be wrapped")]
    Library,
}

/// A key under a key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrapped {
    /// Under which.
    pub(super) kek: String,
    pub(super) bytes: Vec<u8>,
}

/// Who wraps and unwraps data keys.
pub struct KeyProvider(Kind);

enum Kind {
    Local(Local),
    Command(Command),
}

/// Reads the key-encryption keys anew: the first wraps, all unwrap.
pub type ReadKeys = Box<dyn Fn() -> Result<Vec<Zeroizing<[u8; 32]>>, String> + Send + Sync>;

impl KeyProvider {
    /// Keys in the hands of this process: from files or the environment. `place` says where, for
    /// people. They are read again when a key is asked for that is not among them.
    ///
    /// # Errors
    /// [`ProviderError::Unreadable`].
    pub fn local(place: &str, read: ReadKeys) -> Result<Self, ProviderError> {
        Ok(Self(Kind::Local(Local::new(place, read)?)))
    }

    /// One fixed key, for tests and tools.
    ///
    /// # Errors
    /// [`ProviderError::Library`].
    pub fn fixed(key: [u8; 32]) -> Result<Self, ProviderError> {
        let key = Zeroizing::new(key);
        Self::local("the given key", Box::new(move || Ok(vec![key.clone()])))
    }

    /// A program of the operator's that speaks to a key service: see docs/security/keys.md.
    pub fn command(program: PathBuf) -> Self {
        Self(Kind::Command(Command::new(program)))
    }

    /// Where the keys are, for people.
    pub fn place(&self) -> String {
        match &self.0 {
            Kind::Local(local) => local.place().to_owned(),
            Kind::Command(command) => format!("the key command {}", command.program()),
        }
    }

    pub(super) async fn wrap(
        &self,
        context: &str,
        key: &[u8; 32],
    ) -> Result<Wrapped, ProviderError> {
        match &self.0 {
            Kind::Local(local) => local.wrap(context, key),
            Kind::Command(command) => command.wrap(context, key).await,
        }
    }

    pub(super) async fn unwrap(
        &self,
        context: &str,
        wrapped: &Wrapped,
    ) -> Result<Secret, ProviderError> {
        match &self.0 {
            Kind::Local(local) => local.unwrap(context, wrapped),
            Kind::Command(command) => command.unwrap(context, wrapped).await,
        }
    }

    /// The master keys themselves, where they are at hand: values of version 1 hang on them.
    pub(super) fn masters(&self) -> Vec<Zeroizing<[u8; 32]>> {
        match &self.0 {
            Kind::Local(local) => local.masters(),
            Kind::Command(_) => Vec::new(),
        }
    }
}

impl fmt::Debug for KeyProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyProvider({})", self.place())
    }
}

/// What the library or a wrapped key's bytes are at fault for.
fn fault(error: &SealingError, kek: &str) -> ProviderError {
    match error {
        SealingError::Library => ProviderError::Library,
        _ => ProviderError::Altered(kek.to_owned()),
    }
}
