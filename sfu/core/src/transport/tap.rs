//! The SRTP keys of a connection, read where the engine reads them.
//!
//! The engine keeps its SRTP state to itself. What we send to receivers we seal ourselves
//! ([`crate::egress`]), under the same keys: its DTLS instances come from the provider here, which
//! notes the keying material (RFC 5764, section 4.2) as it passes by.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use str0m::config::{CryptoProvider, DtlsCert, DtlsVersion, KeyingMaterial};
use str0m::crypto::CryptoError;
use str0m::crypto::dtls::{
    DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion, SrtpProfile,
};

/// What DTLS agreed on for SRTP.
#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) profile: SrtpProfile,
    pub(crate) material: KeyingMaterial,
    /// We were the DTLS client: the first half of the material is ours.
    pub(crate) client: bool,
}

/// Where the keys of one connection appear. Locked for a move only.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyTap(Arc<Mutex<Option<Exported>>>);

impl KeyTap {
    /// The keys, once.
    pub(super) fn take(&self) -> Option<Exported> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, exported: Exported) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(exported);
    }
}

thread_local! {
    /// The tap of the connection being built on this thread: the provider is one for the
    /// process and is not told for whom it makes an instance.
    static BUILDING: RefCell<Option<KeyTap>> = const { RefCell::new(None) };
}

/// Runs `build`, which makes one connection, and returns it with the tap of its keys.
pub(super) fn tapped<T>(build: impl FnOnce(Arc<CryptoProvider>) -> T) -> (T, KeyTap) {
    let tap = KeyTap::default();
    BUILDING.with_borrow_mut(|building| *building = Some(tap.clone()));
    let built = build(provider());
    BUILDING.with_borrow_mut(Option::take);
    (built, tap)
}

/// The engine's own provider with our DTLS in front.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let made = PROVIDER.get_or_init(|| {
        Arc::new(CryptoProvider {
            dtls_provider: &Tapped,
            ..str0m::crypto::from_feature_flags()
        })
    });
    Arc::clone(made)
}

#[derive(Debug)]
struct Tapped;

impl Tapped {
    fn inner() -> &'static dyn DtlsProvider {
        str0m::crypto::from_feature_flags().dtls_provider
    }
}

impl DtlsProvider for Tapped {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        Self::inner().generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = Self::inner().new_dtls(cert, now, dtls_version, mtu)?;
        let tap = BUILDING.with_borrow(Clone::clone).unwrap_or_default();
        Ok(Box::new(Instance { inner, tap }))
    }
}

/// A DTLS instance whose keys are noted.
#[derive(Debug)]
struct Instance {
    inner: Box<dyn DtlsInstance>,
    tap: KeyTap,
}

impl DtlsInstance for Instance {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let client = self.inner.is_active();
        let output = self.inner.poll_output(buf);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            self.tap.put(Exported {
                profile: *profile,
                material: KeyingMaterial::new(material),
                client,
            });
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}
