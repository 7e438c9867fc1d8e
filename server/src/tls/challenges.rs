//! How an authority sees that a name is ours: it connects to port 443 with a protocol of its own
//! and expects a certificate that carries the answer (TLS-ALPN-01, RFC 8737).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// The protocol's name (RFC 8737, section 6.2).
pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";

/// The answers to questions under way, by name: as many as one order has.
#[derive(Debug, Default)]
pub(super) struct Challenges {
    /// Held for one look, insertion or removal.
    answers: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

/// An answer stands as long as this lives.
pub(super) struct Answer {
    challenges: Arc<Challenges>,
    name: String,
}

/// Whether a client is an authority that asks: it names this protocol alone.
pub(super) fn is_asked(hello: &ClientHello<'_>) -> bool {
    let Some(mut protocols) = hello.alpn() else {
        return false;
    };
    protocols.next() == Some(PROTOCOL) && protocols.next().is_none()
}

impl Challenges {
    /// Answers for `name` with the digest of the key authorization.
    pub(super) fn answer(
        self: &Arc<Self>,
        name: &str,
        digest: &[u8; 32],
    ) -> Result<Answer, rcgen::Error> {
        let name = name.to_ascii_lowercase();
        let certificate = certificate(&name, digest)?;
        self.lock().insert(name.clone(), certificate);
        Ok(Answer {
            challenges: Arc::clone(self),
            name,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<CertifiedKey>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.challenges.lock().remove(&self.name);
    }
}

impl ResolvesServerCert for Challenges {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_ascii_lowercase();
        self.lock().get(&name).cloned()
    }

    fn only_raw_public_keys(&self) -> bool {
        false
    }
}

/// A self-signed certificate for the name that carries the digest.
fn certificate(name: &str, digest: &[u8; 32]) -> Result<Arc<CertifiedKey>, rcgen::Error> {
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
    let key = rcgen::KeyPair::generate()?;
    let made = params.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
    // Not compared with each other: the reader knows no critical extension of this kind.
    Ok(Arc::new(CertifiedKey::new(vec![made.der().clone()], key)))
}
