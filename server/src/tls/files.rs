//! Certificates and keys on disk.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::TlsError;

/// The chain in the PEM file `chain` with the key in `key`, which may be the same file.
pub(super) fn read(
    chain: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let failed = |path: &Path, reason: String| TlsError::Read {
        path: path.display().to_string(),
        reason,
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(chain, error.to_string()))?;
    if certificates.is_empty() {
        return Err(failed(chain, "it contains no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error.to_string()))?;
    CertifiedKey::from_der(certificates, key, provider)
        .map(Arc::new)
        .map_err(|error| TlsError::Certificate {
            path: chain.display().to_string(),
            reason: error.to_string(),
        })
}

/// Puts `text` into the file as a whole or not at all, readable by its owner alone; the folder is
/// made, for the owner alone, if it is missing.
pub(super) fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    let failed = |error: std::io::Error| TlsError::Write {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).map_err(failed)?;
    }
    let fresh = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&fresh).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&fresh, path).map_err(failed)
}

/// The self-signed certificate in `folder` with its key, made if it is not there.
pub(super) fn self_sign(folder: &Path, names: Vec<String>) -> Result<PathBuf, TlsError> {
    let path = folder.join("trial.pem");
    if !path.exists() {
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|error| TlsError::SelfSigned(error.to_string()))?;
        let text = made.cert.pem() + &made.signing_key.serialize_pem();
        write(&path, &text)?;
    }
    Ok(path)
}
