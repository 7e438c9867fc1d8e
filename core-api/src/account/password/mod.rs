//! Passwords: Argon2id, a bounded amount of it at a time.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use domain::Entropy;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// Characters a password may have.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;
/// How long a request waits for its turn before it is answered `unavailable`.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and checks passwords with Argon2id (RFC 9106; 19 MiB, 2 passes, 1 lane, as OWASP
/// advises), off the async threads.
pub(crate) struct Passwords {
    /// One permit a core: more at once would only make each slower, and 19 MiB each add up.
    room: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    /// The hash of a password nobody knows: checked for unknown users, so that they cost the
    /// same time as known ones.
    decoy: String,
}

/// Checks that `password` may be chosen.
pub(crate) fn check_rule(password: &str) -> Result<(), Refusal> {
    if LENGTH.contains(&password.chars().count()) {
        return Ok(());
    }
    Err(Refusal::Field {
        field: "password",
        problem: "A password has 8 to 128 characters.",
    })
}

impl Passwords {
    /// Ready to work; hashes once, for the decoy.
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Result<Self, Refusal> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut nobody = Zeroizing::new([0_u8; 32]);
        entropy
            .fill(nobody.as_mut_slice())
            .map_err(Refusal::internal)?;
        let decoy = hash(nobody.as_slice(), &salt(&*entropy)?)?;
        Ok(Self {
            room: Arc::new(Semaphore::new(cores)),
            entropy,
            decoy,
        })
    }

    /// The hash of `password` to store.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, Refusal> {
        let salt = salt(&*self.entropy)?;
        self.run(move || hash(password.as_bytes(), &salt)).await?
    }

    /// Whether `password` is the one of `stored`. Without `stored` the answer is no, after the
    /// same work.
    pub(crate) async fn verify(
        &self,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, Refusal> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.clone());
        let matches = self
            .run(move || {
                PasswordHash::new(&stored).is_ok_and(|stored| {
                    Argon2::default()
                        .verify_password(password.as_bytes(), &stored)
                        .is_ok()
                })
            })
            .await?;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.room).acquire_owned())
            .await
            .map_err(|_| Refusal::Unavailable)?
            .map_err(Refusal::internal)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(Refusal::internal)
    }
}

fn salt(entropy: &dyn Entropy) -> Result<[u8; 16], Refusal> {
    let mut salt = [0_u8; 16];
    entropy.fill(&mut salt).map_err(Refusal::internal)?;
    Ok(salt)
}

fn hash(password: &[u8], salt: &[u8]) -> Result<String, Refusal> {
    Argon2::default()
        .hash_password_with_salt(password, salt)
        .map(|hash| hash.to_string())
        .map_err(Refusal::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = Passwords::new(Arc::new(auth::SystemEntropy)).unwrap();
        let stored = passwords.hash(secret("correct horse")).await.unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        let right = passwords.verify(secret("correct horse"), Some(stored.clone()));
        assert!(right.await.unwrap());
        let wrong = passwords.verify(secret("correct house"), Some(stored));
        assert!(!wrong.await.unwrap());
        assert!(
            !passwords
                .verify(secret("correct horse"), None)
                .await
                .unwrap()
        );
    }

    #[test]
    fn the_rule_counts_characters() {
        assert!(check_rule("pässwörd").is_ok());
        assert!(check_rule("7 chars").is_err());
        assert!(check_rule(&"ü".repeat(128)).is_ok());
        assert!(check_rule(&"x".repeat(129)).is_err());
    }
}
