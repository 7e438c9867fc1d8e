//! A certificate that an authority gives us by itself (ACME, RFC 8555).
//!
//! The account and the certificate are kept in the data directory, so that a restart asks for
//! nothing. Naming a name agrees to the authority's terms of service, as its documents say.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier,
    LetsEncrypt, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use jiff::Timestamp;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tracing::{info, warn};

use super::certificate::Certificate;
use super::challenges::{Answer, Challenges};
use super::{TlsError, files};

/// How often the clock is looked at: it may be set, and machines sleep.
const LOOK: Duration = Duration::from_secs(600);
/// After a failure; doubled with each further one. An authority refuses whoever asks too often.
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(12 * 3_600);
/// An order takes no longer.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long the authority may take for each of its two steps: seeing, and signing.
const STEP: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

/// The authority does not know the account (RFC 8555, section 6.7).
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Which authority is asked, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The names the certificate is for; not empty.
    pub(crate) names: Vec<String>,
    /// Where the authority may write to when something is wrong.
    pub(crate) contact: Option<String>,
    /// The URL of the authority's directory (RFC 8555, section 7.1.1).
    pub(crate) directory: String,
    /// PEM file of the authority that the directory's own certificate is from; none: whoever this
    /// machine trusts.
    pub(crate) root: Option<PathBuf>,
}

/// The directory of an authority that most clients trust.
pub(crate) const DIRECTORY: &str = LetsEncrypt::Production.url();

/// What is kept of one authority: readable by its owner alone.
#[derive(Debug, Clone)]
pub(super) struct Store {
    folder: PathBuf,
}

/// Orders the certificate, and again before it ends.
pub(super) struct Keeper {
    settings: Settings,
    store: Store,
    certificate: Arc<Certificate>,
    challenges: Arc<Challenges>,
    clock: Arc<dyn Clock>,
}

/// No certificate was given.
#[derive(Debug, thiserror::Error)]
pub(super) enum AcmeError {
    #[error("{0}")]
    Authority(#[from] instant_acme::Error),
    #[error("the authority does not ask by TLS-ALPN-01, the only way that is answered here")]
    NoChallenge,
    #[error("the authority refuses the name: {0}")]
    Refused(String),
    #[error("the authority did not finish in time")]
    Late,
    #[error("no answer can be made: {0}")]
    Answer(#[from] rcgen::Error),
    #[error("the kept account cannot be read or written: {0}")]
    Account(#[from] serde_json::Error),
    #[error(transparent)]
    File(#[from] TlsError),
}

impl Store {
    /// In a folder of its own for each authority, below `folder`.
    pub(super) fn new(folder: &Path, directory: &str) -> Self {
        let plain = |sign: char| match sign {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => sign,
            _ => '-',
        };
        let rest = directory.split_once("://").map_or(directory, |(_, r)| r);
        let name: String = rest.chars().map(plain).collect();
        Self {
            folder: folder.join("acme").join(name),
        }
    }

    /// The chain with its key.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    fn account(&self) -> PathBuf {
        self.folder.join("account.json")
    }
}

impl Keeper {
    pub(super) fn new(
        settings: Settings,
        store: Store,
        certificate: Arc<Certificate>,
        challenges: Arc<Challenges>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            settings,
            store,
            certificate,
            challenges,
            clock,
        }
    }

    /// Orders whenever one is due, for ever. What fails is logged, and tried again later.
    pub(super) async fn keep(&self) {
        let mut pause = PAUSE;
        loop {
            let names = self.settings.names.join(", ");
            match self.turn().await {
                Ok(false) => tokio::time::sleep(LOOK).await,
                Ok(true) => {
                    pause = PAUSE;
                    let until = self.certificate.validity().map(|found| found.until());
                    let until = until.map_or_else(String::new, |end| format!(", until {end}"));
                    info!("The authority gave a certificate for {names}{until}");
                    // Also if it is due again at once: authorities count.
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    let stays = self.what_stays();
                    let seconds = pause.as_secs();
                    warn!(
                        "No certificate for {names}: {error}; {stays}, and the next attempt is in {seconds} s. The authority must reach this node at TCP port 443 of these names"
                    );
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Orders if one is due; whether it did.
    pub(super) async fn turn(&self) -> Result<bool, AcmeError> {
        if !self.is_due(self.clock.now()) {
            return Ok(false);
        }
        let ordered = tokio::time::timeout(PATIENCE, self.order()).await;
        let text = ordered.map_err(|_| AcmeError::Late)??;
        let path = self.store.certificate();
        files::write(&path, &text)?;
        self.certificate.renew_from(&path)?;
        Ok(true)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let stays =
            self.certificate.is_trusted() && self.certificate.names_all(&self.settings.names);
        let renewal = self.certificate.validity().map(|found| found.renewal());
        !stays || renewal.is_none_or(|at| now >= at)
    }

    fn what_stays(&self) -> String {
        match self.certificate.validity() {
            Some(validity) if self.certificate.is_trusted() => {
                format!("the former stays in use until {}", validity.until())
            }
            _ => "a self-signed one, which browsers warn of, is used meanwhile".to_owned(),
        }
    }

    /// One order: the chain and its key as PEM.
    async fn order(&self) -> Result<String, AcmeError> {
        let account = self.account().await?;
        let names = self.settings.names.iter().cloned();
        let identifiers: Vec<Identifier> = names.map(Identifier::Dns).collect();
        let ordered = account.new_order(&NewOrder::new(&identifiers)).await;
        let mut order = ordered.inspect_err(|error| self.forget(error))?;
        // The answers stand until the authority has looked.
        let answers = self.prove(&mut order).await?;
        match order.poll_ready(&STEP).await {
            Ok(OrderStatus::Ready | OrderStatus::Valid) => {}
            Ok(_) => return Err(refusal(&mut order).await),
            Err(error) => return Err(error.into()),
        }
        drop(answers);
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&STEP).await?;
        Ok(chain + &key)
    }

    /// Tells the authority to look at each name that it has not seen before.
    async fn prove(&self, order: &mut Order) -> Result<Vec<Answer>, AcmeError> {
        let mut answers = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                status => return Err(AcmeError::Refused(format!("{status:?}"))),
            }
            let mut challenge = authorization
                .challenge(ChallengeType::TlsAlpn01)
                .ok_or(AcmeError::NoChallenge)?;
            let name = challenge.identifier().to_string();
            let digest = challenge.key_authorization().digest();
            // A SHA-256 digest.
            let digest: &[u8; 32] = digest
                .as_ref()
                .try_into()
                .map_err(|_| AcmeError::NoChallenge)?;
            answers.push(self.challenges.answer(&name, digest)?);
            challenge.set_ready().await?;
        }
        Ok(answers)
    }

    /// The kept account, or a new one.
    async fn account(&self) -> Result<Account, AcmeError> {
        let path = self.store.account();
        if let Ok(text) = std::fs::read_to_string(&path) {
            let credentials: AccountCredentials = serde_json::from_str(&text)?;
            return Ok(self.builder()?.from_credentials(credentials).await?);
        }
        let contact = self.settings.contact.as_ref();
        let contact = contact.map(|address| format!("mailto:{address}"));
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let wanted = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let directory = self.settings.directory.clone();
        let (account, credentials) = self.builder()?.create(&wanted, directory, None).await?;
        files::write(&path, &serde_json::to_string(&credentials)?)?;
        Ok(account)
    }

    /// Gives the account up that the authority does not know any more: the next order makes one.
    fn forget(&self, error: &instant_acme::Error) {
        let instant_acme::Error::Api(problem) = error else {
            return;
        };
        if problem.r#type.as_deref() == Some(NO_ACCOUNT) {
            // What cannot be removed is met, and told, again.
            let _ = std::fs::remove_file(self.store.account());
        }
    }

    fn builder(&self) -> Result<AccountBuilder, AcmeError> {
        // The library takes the process's default. A second time there is one already.
        let _ = aws_lc_rs::default_provider().install_default();
        Ok(match &self.settings.root {
            Some(path) => Account::builder_with_root(path)?,
            None => Account::builder()?,
        })
    }
}

/// What the authority says of the name that it refused.
async fn refusal(order: &mut Order) -> AcmeError {
    let mut said = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() {
            break;
        }
        let errors = authorization.challenges.iter();
        said.extend(errors.filter_map(|challenge| challenge.error.as_ref()?.detail.clone()));
    }
    AcmeError::Refused(said.join("; "))
}
