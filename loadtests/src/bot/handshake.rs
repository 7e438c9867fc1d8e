//! ICE and DTLS of a bot, by the `rtc` crate: not the stack the node is built on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::BytesMut;
use rtc::crypto::RTCCryptoProvider;
use rtc::dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc::dtls::crypto::Certificate;
use rtc::dtls::endpoint::{Endpoint, EndpointEvent};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::ice::Credentials;
use rtc::ice::agent::Agent;
use rtc::ice::agent::agent_config::AgentConfig;
use rtc::ice::candidate::candidate_host::CandidateHostConfig;
use rtc::ice::candidate::{Candidate, CandidateConfig};
use rtc::sansio::Protocol as _;
use rtc::shared::error::Error as RtcError;
use rtc::shared::{TransportContext, TransportMessage, TransportProtocol};
use tokio::net::UdpSocket;

use super::sdp::Remote;
use crate::error::LoadError;
use crate::fleet::seat::Wire;
use crate::fleet::socket;
use crate::rtp::srtp::{Profile, Srtp};

/// How DTLS names the export for SRTP (RFC 5764, section 4.2).
const EXPORTER: &str = "EXTRACTOR-dtls_srtp";
/// Preferred first, as Chromium with AES-GCM; nothing else is offered.
const PROFILES: [SrtpProtectionProfile; 2] = [
    SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
    SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
];

/// Between two connectivity checks: what a join takes shall be the node's time, not the bot's.
const CHECKS: Duration = Duration::from_millis(20);

/// What all bots of a run have in common: one certificate.
pub(crate) struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    /// Of the certificate, as it is written in SDP.
    pub(crate) fingerprint: String,
}

impl Identity {
    pub(crate) fn new() -> Result<Self, LoadError> {
        let provider = provider()?;
        let certificate = Certificate::generate_self_signed(["bot".to_owned()], provider.crypto())?;
        let der = certificate.certificate.first();
        let fingerprint = fingerprint(der.ok_or(LoadError::Cipher)?);
        Ok(Self {
            provider,
            certificate,
            fingerprint,
        })
    }

    fn config(&self, client: bool, fingerprint: String) -> Result<Arc<HandshakeConfig>, RtcError> {
        let verify = move |chain: &[Vec<u8>], _: &[_]| match chain.first() {
            Some(der) if self::fingerprint(der) == fingerprint => Ok(()),
            _ => Err(RtcError::ErrNoMatchingCertificateFingerprint),
        };
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::clone(&self.provider))
            .with_certificates(vec![self.certificate.clone()])
            .with_srtp_protection_profiles(PROFILES.to_vec())
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // No authority signs these; the fingerprint in SDP is what is verified.
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(Arc::new(verify)))
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .build(client, None)?;
        Ok(Arc::new(config))
    }
}

/// The `rtc` crate's cryptography.
pub(crate) fn provider() -> Result<Arc<dyn RTCCryptoProvider>, LoadError> {
    rtc::crypto::default_provider().map_err(|_| LoadError::Cipher)
}

fn fingerprint(der: &[u8]) -> String {
    let hash = digest(&SHA256, der);
    let bytes: Vec<String> = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    bytes.join(":")
}

/// This side of a connection before the other answered.
pub(crate) struct Handshake {
    identity: Arc<Identity>,
    socket: UdpSocket,
    local: SocketAddr,
    agent: Box<Agent>,
}

impl Handshake {
    /// Opens a socket on loopback.
    pub(crate) async fn new(identity: Arc<Identity>) -> Result<Self, LoadError> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let local = socket.local_addr()?;
        let provider = Arc::clone(&identity.provider);
        let config = AgentConfig {
            check_interval: CHECKS,
            ..AgentConfig::default()
        };
        let agent = Agent::new(now(), Arc::new(config), provider)?;
        Ok(Self {
            identity,
            socket,
            local,
            agent: Box::new(agent),
        })
    }

    /// For the offer.
    pub(crate) fn credentials(&self) -> Credentials {
        self.agent.get_local_credentials().clone()
    }

    /// Connects to who answered; ends when media can flow.
    pub(crate) async fn connect(mut self, remote: &Remote) -> Result<Wire, LoadError> {
        self.socket.connect(remote.address).await?;
        self.agent.add_local_candidate(host(self.local)?)?;
        self.agent.add_remote_candidate(host(remote.address)?)?;
        let (ufrag, password) = (remote.ufrag.clone(), remote.password.clone());
        // The node is ICE-lite: the client controls (RFC 8445, section 6.1.1).
        self.agent
            .start_connectivity_checks(now(), true, ufrag, password)?;
        let config = self
            .identity
            .config(!remote.active, remote.fingerprint.clone())?;
        let server = remote.active.then(|| Arc::clone(&config));
        let mut dtls = Endpoint::new(self.local, TransportProtocol::UDP, server);
        let mut begun = remote.active;
        let mut buffer = vec![0; 2_048];
        loop {
            while let Some(check) = self.agent.poll_write() {
                self.socket.send(&check.message).await?;
            }
            while self.agent.poll_event().is_some() {}
            if !begun && self.agent.get_selected_candidate_pair().is_some() {
                begun = true;
                dtls.connect(now(), remote.address, Arc::clone(&config), None)?;
            }
            while let Some(flight) = dtls.poll_transmit() {
                self.socket.send(&flight.message).await?;
            }
            let due = [
                self.agent.poll_timeout(),
                dtls.poll_timeout(&remote.address),
            ];
            let due = due.into_iter().flatten().min();
            let received = tokio::select! {
                received = self.socket.recv(&mut buffer) => Some(received?),
                () = until(due) => None,
            };
            match received {
                Some(len) => {
                    let datagram = BytesMut::from(&buffer[..len]);
                    if self.take(&mut dtls, begun, datagram, remote.address)? {
                        while let Some(flight) = dtls.poll_transmit() {
                            self.socket.send(&flight.message).await?;
                        }
                        return self.wire(&dtls, remote);
                    }
                }
                None => {
                    self.agent.handle_timeout(now())?;
                    if begun && dtls.poll_timeout(&remote.address).is_some() {
                        dtls.handle_timeout(remote.address, now())?;
                    }
                }
            }
        }
    }

    /// True once DTLS is through.
    fn take(
        &mut self,
        dtls: &mut Endpoint,
        begun: bool,
        datagram: BytesMut,
        from: SocketAddr,
    ) -> Result<bool, LoadError> {
        match datagram.first() {
            Some(0..=3) => {
                let transport = TransportContext {
                    local_addr: self.local,
                    peer_addr: from,
                    ecn: None,
                    transport_protocol: TransportProtocol::UDP,
                };
                // One that fails is for who had this port before.
                let _ = self.agent.handle_read(TransportMessage {
                    now: now(),
                    transport,
                    message: datagram,
                });
                Ok(false)
            }
            // Before this side began, a node that is the server has nothing to say: it means who had
            // this port before.
            Some(20..=63) if begun => {
                let events = dtls.read(now(), from, None, datagram)?;
                let done =
                    |event: &EndpointEvent| matches!(event, EndpointEvent::HandshakeComplete);
                Ok(events.iter().any(done))
            }
            _ => Ok(false),
        }
    }

    fn wire(self, dtls: &Endpoint, remote: &Remote) -> Result<Wire, LoadError> {
        let state = dtls.get_connection_state(remote.address);
        let state = state.ok_or(LoadError::Cipher)?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => Profile::Aes128Gcm,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm => Profile::Aes256Gcm,
            _ => return Err(LoadError::NotGcm),
        };
        let exported = state.export_keying_material(EXPORTER, &[], profile.export_len())?;
        let crypto = self.identity.provider.crypto();
        let (client, server) = Srtp::pair(profile, exported.as_ref(), crypto)?;
        let (outward, inward) = match remote.active {
            false => (client, server),
            true => (server, client),
        };
        let socket = self.socket.into_std()?;
        socket::prepare(&socket)?;
        Ok(Wire {
            socket: mio::net::UdpSocket::from_std(socket),
            outward,
            inward,
            profile,
            agent: Some(self.agent),
            local: self.local,
            remote: remote.address,
        })
    }
}

fn host(address: SocketAddr) -> Result<Candidate, RtcError> {
    CandidateHostConfig {
        base_config: CandidateConfig {
            network: "udp".to_owned(),
            address: address.ip().to_string(),
            port: address.port(),
            component: 1,
            ..Default::default()
        },
        ..Default::default()
    }
    .new_candidate_host()
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

#[expect(clippy::disallowed_methods, reason = "ICE and DTLS are told the time")]
fn now() -> Instant {
    Instant::now()
}
