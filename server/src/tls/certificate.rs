//! The certificate in use.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tracing::{info, warn};

use super::validity::Validity;
use super::{TlsError, files};

/// How often the operator's files are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// The certificate in use, and where to read it anew.
#[derive(Debug)]
pub(super) struct Certificate {
    /// The operator's chain and key; none for those that do not change by themselves.
    files: Option<(PathBuf, PathBuf)>,
    provider: Arc<CryptoProvider>,
    /// Held for one clone or one replacement.
    current: RwLock<Current>,
}

#[derive(Debug, Clone)]
pub(super) struct Current {
    pub(super) key: Arc<CertifiedKey>,
    trusted: bool,
}

impl Certificate {
    /// The operator's.
    pub(super) fn of_files(
        chain: &Path,
        key: &Path,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let current = Current {
            key: files::read(chain, key, &provider)?,
            trusted: true,
        };
        Ok(Self {
            files: Some((chain.to_owned(), key.to_owned())),
            provider,
            current: RwLock::new(current),
        })
    }

    /// One that an authority gave us, in a file with its key.
    pub(super) fn of_authority(
        path: &Path,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        Self::fixed(path, provider, true)
    }

    /// One that no browser trusts, in a file with its key.
    pub(super) fn made_here(path: &Path, provider: Arc<CryptoProvider>) -> Result<Self, TlsError> {
        Self::fixed(path, provider, false)
    }

    fn fixed(path: &Path, provider: Arc<CryptoProvider>, trusted: bool) -> Result<Self, TlsError> {
        let key = files::read(path, path, &provider)?;
        Ok(Self {
            files: None,
            provider,
            current: RwLock::new(Current { key, trusted }),
        })
    }

    /// Exchanges it for what an authority gave us.
    pub(super) fn renew_from(&self, path: &Path) -> Result<(), TlsError> {
        let key = files::read(path, path, &self.provider)?;
        self.replace(key);
        Ok(())
    }

    pub(super) fn is_trusted(&self) -> bool {
        self.current().trusted
    }

    /// When it counts and for whom; none if that cannot be read.
    pub(super) fn validity(&self) -> Option<Validity> {
        Validity::read(self.current().key.cert.first()?)
    }

    pub(super) fn names_all(&self, names: &[String]) -> bool {
        self.validity()
            .is_some_and(|validity| names.iter().all(|name| validity.is_for(name)))
    }

    /// Takes up the operator's files whenever they change, so that a renewed certificate needs no
    /// restart. Without files it waits for ever.
    pub(super) async fn follow(&self) {
        let Some(files) = &self.files else {
            return std::future::pending().await;
        };
        let mut seen = changed(files);
        loop {
            tokio::time::sleep(LOOK).await;
            let now = changed(files);
            if now != seen {
                seen = now;
                self.read_again(files);
            }
        }
    }

    pub(super) fn read_again(&self, (chain, key): &(PathBuf, PathBuf)) {
        match files::read(chain, key, &self.provider) {
            Ok(fresh) => {
                self.replace(fresh);
                info!("The TLS certificate was read again");
            }
            // Often just one of the two has been replaced so far.
            Err(error) => warn!("The former TLS certificate stays in use: {error}"),
        }
    }

    fn replace(&self, key: Arc<CertifiedKey>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Current { key, trusted: true };
    }

    pub(super) fn current(&self) -> Current {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().key)
    }
}

/// When the files were changed last.
fn changed((chain, key): &(PathBuf, PathBuf)) -> [Option<SystemTime>; 2] {
    let of = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
    [of(chain), of(key)]
}
