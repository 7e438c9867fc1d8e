//! Starting core-api.

use std::path::PathBuf;
use std::sync::Arc;

use ::store::sealing::{DataClass, KeyRing};
use ::store::{Db, Exempt, StoreError};
use auth::Key;
use bus::{BindError, BusDir, SIGNALING_COMMANDS, request};
use domain::{Clock, Entropy, Ids};

use crate::account::password::Passwords;
use crate::app::{App, Seals};
use crate::factor::model::MfaPolicy;
use crate::http::address::Network;
use crate::invitation::guesses::Guesses;
use crate::mail::{MailConfig, Post};
use crate::metrics::Metrics;
use crate::patient::store::Names;
use crate::refusal::Refusal;
use crate::throttle::{Failures, Limits, LocalLimiter};
use crate::{background, consent, demo, patient, store};

/// How core-api is set up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The address users reach the server at (`https://visits.example`), without a path. Without
    /// it the address each request was sent to is used.
    pub public_url: Option<String>,
    /// Whether staff must have a second factor.
    pub mfa: MfaPolicy,
    /// A list of breached passwords as Have I Been Pwned publishes it: a sorted file of SHA-1
    /// hashes, or the folder of range files. None of them may be chosen.
    pub breached_passwords: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` counts, beside those on this machine.
    pub trusted_proxies: Vec<Network>,
    /// How mail leaves; without it whatever needs mail is refused.
    pub mail: Option<MailConfig>,
    /// How fast requests may come.
    pub limits: Limits,
}

/// What core-api needs from its surroundings.
#[derive(Clone)]
pub struct Deps {
    /// The migrated database.
    pub db: Db,
    /// Where the bus's sockets are.
    pub bus: BusDir,
    /// Signs session tokens.
    pub session_key: Key,
    /// Signs media tokens.
    pub media_key: Key,
    /// Seals health data.
    pub sealing: KeyRing,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
}

/// core-api could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A socket of the bus.
    #[error("core-api: {0}")]
    Bus(#[from] BindError),
    /// The database.
    #[error("core-api: {0}")]
    Store(#[from] StoreError),
    /// Anything else.
    #[error("core-api: {0}")]
    Other(String),
}

impl From<Refusal> for StartError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => Self::Store(error),
            Refusal::Internal(cause) => Self::Other(cause.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}

/// A running core-api. Its tasks belong to the context it was started in.
pub struct Service {
    pub(crate) app: Arc<App>,
}

/// Starts core-api: publishes facts, answers signaling, ends expired sessions, and is ready to
/// serve [`Service::router`]. Registers the health check `core-api`.
///
/// # Errors
/// [`StartError`]; nothing runs then, except tasks of `context` that its stop ends.
pub async fn start(
    config: Config,
    deps: Deps,
    context: &runtime::Context,
) -> Result<Service, StartError> {
    let health = context.health.register("core-api");
    deps.db.ping().await?;
    make_keys(&deps).await?;
    let entropy = Arc::clone(&deps.entropy);
    // Hashing takes a core for some ten milliseconds: not on an async thread.
    let breached = config.breached_passwords.clone();
    let passwords = move || Passwords::new(entropy, breached.as_deref());
    let passwords = tokio::task::spawn_blocking(passwords)
        .await
        .map_err(|error| StartError::Other(error.to_string()))??;
    let mut registered = None;
    context
        .metrics
        .register("core", |registry| registered = Some(Metrics::new(registry)));
    let metrics = registered.ok_or_else(|| StartError::Other("metrics".into()))?;
    let post = config.mail.as_ref().map(Post::new).transpose();
    let post = post.map_err(StartError::Other)?;
    let app = Arc::new(App {
        config,
        db: deps.db,
        ids: Ids::new(Arc::clone(&deps.clock), Arc::clone(&deps.entropy)),
        clock: deps.clock,
        entropy: deps.entropy,
        passwords,
        session_key: deps.session_key,
        media_key: deps.media_key,
        seals: Seals {
            clinical: deps.sealing.sealer(DataClass::Clinical),
            demographics: deps.sealing.sealer(DataClass::Demographics),
            secrets: deps.sealing.sealer(DataClass::Secrets),
        },
        metrics,
        post,
        asked: tokio::sync::Notify::new(),
        names: Names::default(),
        guesses: Guesses::new(),
        failures: Failures::new(),
        limiter: Box::new(LocalLimiter::new()),
        rooms: request::Client::connect(&deps.bus, SIGNALING_COMMANDS),
    });
    ::store::scope::as_service(patient::erasure::seal_plain(&app)).await?;
    consent::text::ensure(&app).await?;
    background::spawn(&app, &deps.bus, &context.tasks, health).await?;
    Ok(Service { app })
}

/// Makes the keys that organisations lack: their making is on record before they are needed.
async fn make_keys(deps: &Deps) -> Result<(), StoreError> {
    let organisations = {
        let mut reader = deps
            .db
            .reader(Exempt::NoHealthData("organisations"))
            .await?;
        store::organisations(reader.conn()).await?
    };
    deps.sealing.ensure(None).await?;
    for organisation in organisations {
        deps.sealing.ensure(Some(organisation)).await?;
    }
    Ok(())
}

impl Service {
    /// Makes the demo clinic if it is missing, and sees to it that the first patient has a visit
    /// that can be entered now. Safe to repeat; with the same `key` the passwords are the same.
    ///
    /// # Errors
    /// [`StartError`]; what was made before the failure stays.
    pub async fn seed_demo(&self, key: &Key) -> Result<Vec<demo::DemoAccount>, StartError> {
        Ok(::store::scope::as_service(demo::seed(&self.app, key)).await?)
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("core_api::Service")
    }
}
