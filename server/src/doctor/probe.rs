//! A TURN client that makes one allocation and lets it go: what a browser behind a strict network
//! does, from this machine.

use std::net::SocketAddr;
use std::time::Duration;

use auth::turn::Credentials;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message, MessageClass,
    MessageWriteVec, Method,
};
use stun_types::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use turn_types::attribute::{Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CREATE_PERMISSION, REFRESH};

/// How long an answer may take, and how often a lost datagram is sent again.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(500);
/// An answer is shorter.
const ANSWER: usize = 2_048;

/// Why there was no allocation.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProbeError {
    #[error("nothing answers")]
    Silent,
    #[error("the connection failed: {0}")]
    Io(#[from] std::io::Error),
    #[error("what answers is not a TURN server")]
    NotTurn,
    #[error("the server refused the request with code {0}")]
    Refused(u16),
}

/// How messages get there.
pub(super) enum Line<S> {
    Udp(UdpSocket),
    Stream(S),
}

impl Line<tokio::io::DuplexStream> {
    /// A UDP line to `server`.
    pub(super) async fn udp(server: SocketAddr) -> Result<Self, ProbeError> {
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(server).await?;
        Ok(Self::Udp(socket))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// Allocates as `credentials` say, asks for the permission to reach our media, and ends the
    /// allocation. The relayed address it had; media has the same IP address.
    pub(super) async fn allocate(
        mut self,
        credentials: &Credentials,
    ) -> Result<SocketAddr, ProbeError> {
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let challenge = self.ask(&request(ALLOCATE, &[&transport])?).await?;
        let session = Session::new(credentials, &challenge)?;
        let made = self.ask(&session.request(ALLOCATE, &[&transport])?).await?;
        let relayed = {
            let made = accepted(&made)?;
            let address = made.attribute::<XorRelayedAddress>();
            let address = address.map_err(|_| ProbeError::NotTurn)?;
            address.addr(made.transaction_id())
        };
        let permitted = self.ask(&session.permission(relayed)?).await?;
        accepted(&permitted)?;
        let ended = session.request(REFRESH, &[&Lifetime::new(0)])?;
        accepted(&self.ask(&ended).await?)?;
        Ok(relayed)
    }

    /// Whether a TURN server answers, and asks for credentials (RFC 8489, section 9.2.4).
    pub(super) async fn greet(mut self) -> Result<(), ProbeError> {
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        let challenge = self.ask(&request(ALLOCATE, &[&transport])?).await?;
        match accepted(&challenge) {
            Err(ProbeError::Refused(401)) => Ok(()),
            Err(error) => Err(error),
            // Whoever gives allocations to everybody is not ours.
            Ok(_) => Err(ProbeError::NotTurn),
        }
    }

    /// Sends a request and waits for its answer.
    async fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ProbeError> {
        let answered = tokio::time::timeout(PATIENCE, async {
            match self {
                Self::Udp(socket) => over_udp(socket, request).await,
                Self::Stream(stream) => over_stream(stream, request).await,
            }
        });
        answered.await.map_err(|_| ProbeError::Silent)?
    }
}

async fn over_udp(socket: &UdpSocket, request: &[u8]) -> Result<Vec<u8>, ProbeError> {
    let mut answer = vec![0; ANSWER];
    loop {
        socket.send(request).await?;
        // Nothing yet: it may have been lost.
        if let Ok(count) = tokio::time::timeout(AGAIN, socket.recv(&mut answer)).await {
            answer.truncate(count?);
            return Ok(answer);
        }
    }
}

async fn over_stream<S>(stream: &mut S, request: &[u8]) -> Result<Vec<u8>, ProbeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut answer = vec![0; 20];
    stream.read_exact(&mut answer).await?;
    let length = answer.get(2..4).and_then(|bytes| bytes.try_into().ok());
    let length = usize::from(length.map_or(0, u16::from_be_bytes));
    if length > ANSWER {
        return Err(ProbeError::NotTurn);
    }
    answer.resize(20 + length, 0);
    let rest = answer.get_mut(20..).unwrap_or_default();
    stream.read_exact(rest).await?;
    Ok(answer)
}

/// What the challenge gave.
struct Session {
    username: Username,
    realm: Realm,
    nonce: Nonce,
    key: IntegrityKey,
}

impl Session {
    fn new(credentials: &Credentials, challenge: &[u8]) -> Result<Self, ProbeError> {
        let challenge = Message::from_bytes(challenge).map_err(|_| ProbeError::NotTurn)?;
        let realm = challenge.attribute::<Realm>();
        let nonce = challenge.attribute::<Nonce>();
        let (Ok(realm), Ok(nonce)) = (realm, nonce) else {
            return Err(ProbeError::NotTurn);
        };
        let key = LongTermKeyCredentials::new(
            credentials.username.clone(),
            credentials.password.clone(),
            realm.realm().to_owned(),
        );
        Ok(Self {
            username: Username::new(&credentials.username).map_err(|_| ProbeError::NotTurn)?,
            realm,
            nonce,
            key: key.make_key(IntegrityAlgorithm::Sha1),
        })
    }

    fn request(
        &self,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> Result<Vec<u8>, ProbeError> {
        let message = Message::builder_request(method, MessageWriteVec::new());
        self.sign(message, attributes)
    }

    fn permission(&self, peer: SocketAddr) -> Result<Vec<u8>, ProbeError> {
        let message = Message::builder_request(CREATE_PERMISSION, MessageWriteVec::new());
        let peer = XorPeerAddress::new(peer, message.transaction_id());
        self.sign(message, &[&peer])
    }

    fn sign(
        &self,
        mut message: MessageWriteVec,
        attributes: &[&dyn AttributeWrite],
    ) -> Result<Vec<u8>, ProbeError> {
        let own: [&dyn AttributeWrite; 3] = [&self.username, &self.realm, &self.nonce];
        for attribute in attributes.iter().chain(&own) {
            message
                .add_attribute(*attribute)
                .map_err(|_| ProbeError::NotTurn)?;
        }
        message
            .add_message_integrity_with_key(&self.key, IntegrityAlgorithm::Sha1)
            .map_err(|_| ProbeError::NotTurn)?;
        Ok(message.finish())
    }
}

fn request(method: Method, attributes: &[&dyn AttributeWrite]) -> Result<Vec<u8>, ProbeError> {
    let mut message = Message::builder_request(method, MessageWriteVec::new());
    for attribute in attributes {
        message
            .add_attribute(*attribute)
            .map_err(|_| ProbeError::NotTurn)?;
    }
    Ok(message.finish())
}

/// The answer, if it is a success.
fn accepted(answer: &[u8]) -> Result<Message<'_>, ProbeError> {
    let message = Message::from_bytes(answer).map_err(|_| ProbeError::NotTurn)?;
    match message.class() {
        MessageClass::Success => Ok(message),
        MessageClass::Error => {
            let code = message.attribute::<ErrorCode>();
            Err(code.map_or(ProbeError::NotTurn, |code| ProbeError::Refused(code.code())))
        }
        MessageClass::Request | MessageClass::Indication => Err(ProbeError::NotTurn),
    }
}
