//! Passwords: choosing, hashing and comparing them, a bounded amount of it at a time.

mod breached;
mod rule;

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth::password::{self, COST, Verdict};
use domain::Entropy;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use breached::Breached;
pub(crate) use rule::About;

use crate::refusal::Refusal;
use crate::session::secret::Secret;

/// How long a request waits for its turn before it is answered `unavailable`.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests that may wait for their turn; the next ones are answered `unavailable` at once.
const WAITING: usize = 64;

/// Hashes and compares passwords, off the async threads. One hash a core is under way at a time,
/// so that sign-ins take at most [`COST`]'s memory times the cores, whatever comes in.
pub(crate) struct Passwords {
    /// One permit a core: more at once would only make each slower.
    room: Arc<Semaphore>,
    /// One permit for each request that waits or is served.
    line: Semaphore,
    entropy: Arc<dyn Entropy>,
    /// The hash of a password nobody knows: checked for unknown users, so that they cost the
    /// same time as known ones.
    decoy: String,
    breached: Option<Arc<Breached>>,
}

impl Passwords {
    /// Ready to work; hashes once, for the decoy. `breached` names the list of breached passwords.
    pub(crate) fn new(entropy: Arc<dyn Entropy>, breached: Option<&Path>) -> Result<Self, Refusal> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let nobody = Secret::generate(&*entropy).map_err(Refusal::internal)?;
        let nobody = Zeroizing::new(nobody.text());
        let decoy = password::hash(&nobody, &salt(&*entropy)?, COST).map_err(Refusal::internal)?;
        let breached = breached.map(Breached::open).transpose();
        let breached = breached.map_err(Refusal::internal)?.map(Arc::new);
        Ok(Self {
            room: Arc::new(Semaphore::new(cores)),
            line: Semaphore::new(cores + WAITING),
            entropy,
            decoy,
            breached,
        })
    }

    /// The hash to store of a password somebody has chosen for the account that is described by
    /// `about`. Refused, in the name of `field`, when it may not be chosen.
    pub(crate) async fn choose(
        &self,
        field: &'static str,
        chosen: &Zeroizing<String>,
        about: &About,
    ) -> Result<String, Refusal> {
        let refused = |problem| Refusal::Field { field, problem };
        let chosen = normal(chosen).ok_or(refused(rule::LENGTH_PROBLEM))?;
        rule::check(&chosen, about).map_err(refused)?;
        let (salt, breached) = (salt(&*self.entropy)?, self.breached.clone());
        let hashed = self.run(move || {
            if let Some(breached) = breached
                && breached.contains(&chosen).map_err(Refusal::internal)?
            {
                return Ok(None);
            }
            let hash = password::hash(&chosen, &salt, COST);
            hash.map(Some).map_err(Refusal::internal)
        });
        hashed.await??.ok_or(refused(rule::COMMON_PROBLEM))
    }

    /// The hash of a password to store, without asking whether it may be chosen.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, Refusal> {
        let salt = salt(&*self.entropy)?;
        let work = move || password::hash(&password::normalise(&password), &salt, COST);
        self.run(work).await?.map_err(Refusal::internal)
    }

    /// Whether `given` is the password of `stored`. Without `stored` the answer is
    /// [`Verdict::Wrong`], after the same work.
    pub(crate) async fn verify(
        &self,
        given: &Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<Verdict, Refusal> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.clone());
        // What is too long to be anybody's password is compared as the empty one: the same work.
        let given = normal(given).unwrap_or_default();
        let verdict = self.run(move || password::verify(&given, &stored)).await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = self.line.try_acquire().map_err(|_| Refusal::Unavailable)?;
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.room).acquire_owned())
            .await
            .map_err(|_| Refusal::Unavailable)?
            .map_err(Refusal::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(Refusal::internal);
        drop(place);
        done
    }
}

/// Bytes looked at; 128 characters take fewer.
const MOST_BYTES: usize = 1_024;

/// The normal form of a password, unless it is longer than any that may be chosen.
fn normal(password: &str) -> Option<Zeroizing<String>> {
    (password.len() <= MOST_BYTES).then(|| password::normalise(password))
}

fn salt(entropy: &dyn Entropy) -> Result<[u8; 16], Refusal> {
    let mut salt = [0_u8; 16];
    entropy.fill(&mut salt).map_err(Refusal::internal)?;
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = Passwords::new(Arc::new(auth::SystemEntropy), None).unwrap();
        let stored = passwords
            .hash(secret("pa\u{308}ssword of mine"))
            .await
            .unwrap();
        let verdict = async |given: &str, stored: Option<&String>| {
            let given = secret(given);
            passwords.verify(&given, stored.cloned()).await.unwrap()
        };
        let composed = "p\u{e4}ssword of mine";
        assert_eq!(verdict(composed, Some(&stored)).await, Verdict::Right);
        assert_eq!(verdict("another one", Some(&stored)).await, Verdict::Wrong);
        assert_eq!(verdict(composed, None).await, Verdict::Wrong);
        let long = "x".repeat(60_000);
        assert_eq!(verdict(&long, Some(&stored)).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn work_beyond_the_line_is_refused_at_once() {
        let passwords = Passwords::new(Arc::new(auth::SystemEntropy), None).unwrap();
        let all = u32::try_from(passwords.line.available_permits()).unwrap();
        let taken = passwords.line.acquire_many(all).await.unwrap();
        let refused = passwords.hash(secret("quiet harbour")).await;
        assert!(matches!(refused, Err(Refusal::Unavailable)));
        drop(taken);
        assert!(passwords.hash(secret("quiet harbour")).await.is_ok());
    }

    #[tokio::test]
    async fn a_breached_password_is_refused_like_a_common_one() {
        let list = tempfile::NamedTempFile::new().unwrap();
        // SHA-1 of "quiet harbour 8".
        let line = format!("{}:3\n", breached::sha1_hex("quiet harbour 8"));
        std::fs::write(list.path(), line).unwrap();
        let entropy = Arc::new(auth::SystemEntropy);
        let passwords = Passwords::new(entropy, Some(list.path())).unwrap();
        let about = About::default();
        let choose = async |text: &str| passwords.choose("password", &secret(text), &about).await;
        let refused = choose("quiet harbour 8").await;
        assert!(matches!(refused, Err(Refusal::Field { .. })), "{refused:?}");
        assert!(choose("quiet harbour 9").await.is_ok());
    }
}
