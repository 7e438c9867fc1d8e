//! The paths of clients, tried one by one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use auth::Key;
use auth::turn::{Credentials, Turn};
use domain::{Clock as _, SystemClock};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::metrics::Metrics;
use super::probe::{Line, ProbeError};
use super::{Check, certificate, http, ice_tcp, tls_line};
use crate::turn;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the media workers' count is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// They write it once a second: by then what was sent before is in it.
const WRITTEN: Duration = Duration::from_millis(1_500);
/// How long credentials of a test are good.
const CREDENTIALS: Duration = Duration::from_secs(120);

/// Where the paths of a node begin.
#[derive(Clone)]
pub(crate) struct Targets {
    /// What the IT desk must let through to.
    pub(crate) host: String,
    /// Where that is met; none: on this machine.
    pub(crate) at: Option<IpAddr>,
    pub(crate) media: u16,
    pub(crate) media_tcp: Option<u16>,
    pub(crate) turn: Option<turn::Ports>,
    pub(crate) single: Option<SocketAddr>,
    /// Makes credentials; none where the node's keys are not at hand.
    pub(crate) key: Option<Key>,
}

impl Targets {
    /// Tries every path.
    pub(super) async fn check(&self, metrics: &Metrics) -> Vec<Check> {
        let mut checks = vec![Check::new("media over UDP", self.media(metrics).await)];
        if let Some(port) = self.media_tcp {
            let found = self.media_over_tcp(port, metrics).await;
            checks.push(Check::new("media over TCP", found));
        }
        if let Some(ports) = self.turn {
            checks.extend(self.turn(ports).await);
        }
        if let Some(single) = self.single {
            checks.extend(self.single_port(self.met(single), metrics).await);
        }
        checks
    }

    /// Judges the certificate of the single port, or of TURN over TLS; none without either.
    pub(super) async fn certificate(&self, now: Timestamp) -> Option<Check> {
        let port = self.single.map(|single| self.met(single));
        let turn = || Some(self.local(self.turn?.tls?));
        let address = port.or_else(turn)?;
        let name = Some(self.host.as_str()).filter(|host| host.parse::<IpAddr>().is_err());
        // That nothing answers is told by the paths.
        let stream = tls_line::connect(address, name).await.ok()?;
        let found = certificate::judge(tls_line::chain(&stream), name, now);
        Some(Check::new("certificate", found))
    }

    /// A port of the node that listens at every address.
    fn local(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.at.unwrap_or(Ipv4Addr::LOCALHOST.into()), port)
    }

    /// Where a listener at `address` is met.
    fn met(&self, address: SocketAddr) -> SocketAddr {
        match self.at {
            Some(_) => self.local(address.port()),
            None => reachable(address),
        }
    }

    /// A datagram that means nothing must be counted by a media worker.
    async fn media(&self, metrics: &Metrics) -> Result<String, String> {
        let (port, host) = (self.media, &self.host);
        match counted(metrics, Knock::Udp, self.local(port)).await? {
            true => Ok(format!("arrives; clients need UDP {port} to {host}")),
            false => Err(format!(
                "datagrams to port {port} do not arrive at the media worker; allow UDP {port} to {host} in this machine's firewall{}",
                self.between()
            )),
        }
    }

    /// The first message of a TCP connection for media must be counted by a media worker, too.
    async fn media_over_tcp(&self, port: u16, metrics: &Metrics) -> Result<String, String> {
        let host = &self.host;
        match counted(metrics, Knock::Tcp, self.local(port)).await? {
            true => Ok(format!("arrives; clients need TCP {port} to {host}")),
            false => Err(format!(
                "what is said on a TCP connection to port {port} does not arrive at the media worker; allow TCP {port} to {host} in this machine's firewall{}",
                self.between()
            )),
        }
    }

    async fn turn(&self, ports: turn::Ports) -> Vec<Check> {
        let credentials = self.credentials();
        let credentials = credentials.as_ref();
        let udp = match Line::udp(self.local(ports.udp)).await {
            Ok(line) => try_out(line, credentials).await,
            Err(error) => Err(error),
        };
        let tcp = over_tcp(self.local(ports.tcp), credentials).await;
        let mut checks = vec![
            self.judge("TURN over UDP", "UDP", ports.udp, udp),
            self.judge("TURN over TCP", "TCP", ports.tcp, tcp),
        ];
        if let Some(port) = ports.tls {
            let tls = over_tls(self.local(port), credentials).await;
            checks.push(self.judge("TURN over TLS", "TCP", port, tls));
        }
        checks
    }

    /// HTTPS, media, and TURN with and without TLS, all on one port.
    async fn single_port(&self, address: SocketAddr, metrics: &Metrics) -> Vec<Check> {
        let port = address.port();
        let host = &self.host;
        let https = match tls_line::connect(address, None).await {
            Ok(stream) => http::get(stream, "/healthz").await,
            Err(_) => None,
        };
        let https = https.map(|_| format!("answers; clients need TCP {port} to {host}"));
        let silent = || {
            format!(
                "nothing answers over HTTPS; allow TCP {port} to {host}, and see that no proxy in front takes the connection apart"
            )
        };
        let mut checks = vec![
            Check::new("HTTPS on the single port", https.ok_or_else(silent)),
            Check::new(
                "media over TCP on the single port",
                self.media_over_tcp(port, metrics).await,
            ),
        ];
        if self.turn.is_some() {
            let credentials = self.credentials();
            let plain = over_tcp(address, credentials.as_ref()).await;
            let tls = over_tls(address, credentials.as_ref()).await;
            checks.push(self.judge("TURN over TCP on the single port", "TCP", port, plain));
            checks.push(self.judge("TURN over TLS on the single port", "TCP", port, tls));
        }
        checks
    }

    fn judge(
        &self,
        what: &str,
        protocol: &str,
        port: u16,
        outcome: Result<(), ProbeError>,
    ) -> Check {
        let host = &self.host;
        let found = match outcome {
            Ok(()) if self.key.is_none() => Ok(format!(
                "it answers and asks for credentials; clients need {protocol} {port} to {host}"
            )),
            Ok(()) => Ok(format!(
                "an allocation was made and ended; clients need {protocol} {port} to {host}"
            )),
            Err(ProbeError::Refused(code)) => Err(format!(
                "the TURN server on port {port} refused our credentials (code {code}); it belongs to another node or data directory, or the clock is wrong"
            )),
            Err(error) => Err(format!(
                "{error}; allow {protocol} {port} to {host}{}, and see that no other program has the port",
                self.between()
            )),
        };
        Check::new(what, found)
    }

    /// What else may be in the way.
    fn between(&self) -> &'static str {
        match self.at {
            Some(_) => ", in the firewall of this network, and in any router in front of it",
            None => "",
        }
    }

    fn credentials(&self) -> Option<Credentials> {
        let now = SystemClock.now();
        let until = now.checked_add(CREDENTIALS).unwrap_or(now);
        let key = self.key.as_ref()?;
        Some(Turn::new(key).mint_probe(until))
    }
}

/// How something that means nothing is sent.
#[derive(Clone, Copy)]
enum Knock {
    Udp,
    Tcp,
}

/// Whether the media workers count what is sent to `target`, which is repeated until they do.
async fn counted(metrics: &Metrics, knock: Knock, target: SocketAddr) -> Result<bool, String> {
    tokio::time::sleep(WRITTEN).await;
    let Some(before) = metrics.strangers().await else {
        return Err("the node does not tell its metrics here; run the doctor where /metrics can be read, and see that the SFU is running".to_owned());
    };
    let arrived = timeout(PATIENCE, async {
        // Closed at the end, so that nothing is lost with a connection.
        let mut open = Vec::new();
        loop {
            match knock {
                Knock::Udp => send(target).await.ok()?,
                Knock::Tcp => open.push(ice_tcp::knock(target).await.ok()?),
            }
            tokio::time::sleep(LOOK).await;
            if metrics.strangers().await? > before {
                return Some(());
            }
        }
    });
    Ok(matches!(arrived.await, Ok(Some(()))))
}

/// A datagram that means nothing.
async fn send(target: SocketAddr) -> std::io::Result<()> {
    let any: IpAddr = match target {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.send_to(b"self-test", target).await.map(|_| ())
}

/// An allocation with credentials; without, whether a TURN server is there.
async fn try_out<S>(line: Line<S>, credentials: Option<&Credentials>) -> Result<(), ProbeError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match credentials {
        Some(credentials) => line.allocate(credentials).await.map(|_| ()),
        None => line.greet().await,
    }
}

async fn over_tcp(address: SocketAddr, with: Option<&Credentials>) -> Result<(), ProbeError> {
    let stream = timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = stream.map_err(|_| ProbeError::Silent)??;
    try_out(Line::Stream(stream), with).await
}

async fn over_tls(address: SocketAddr, with: Option<&Credentials>) -> Result<(), ProbeError> {
    let stream = tls_line::connect(address, None).await?;
    try_out(Line::Stream(stream), with).await
}

/// Where a listener at `address` is met from this machine.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}
