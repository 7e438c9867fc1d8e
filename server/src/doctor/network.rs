//! The paths of clients, tried one by one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use auth::Key;
use auth::turn::{Credentials, Turn};
use domain::{Clock as _, SystemClock};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::Check;
use super::probe::{Line, ProbeError};
use super::{ports, tls_line};
use crate::data_dir::DataDir;
use crate::settings::Settings;
use crate::turn;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the media workers' count is looked at: they write it once a second.
const LOOK: Duration = Duration::from_millis(200);
/// How long credentials of a test are good.
const CREDENTIALS: Duration = Duration::from_secs(120);
/// What the media workers count datagrams of nobody they know by.
const STRANGERS: &str = "bedside_sfu_strangers_total";

/// Where the paths of a node begin.
pub(crate) struct Targets {
    /// What the IT desk must let through to.
    pub(crate) host: String,
    pub(crate) media: u16,
    pub(crate) turn: Option<turn::Ports>,
    pub(crate) single: Option<SocketAddr>,
    pub(crate) key: Key,
}

/// Where the node's own counts are read.
pub(super) enum Metrics {
    Own(runtime::Metrics),
    Http(SocketAddr),
}

impl Metrics {
    async fn strangers(&self) -> Option<u64> {
        let text = match self {
            Self::Own(metrics) => metrics.encode().ok()?,
            Self::Http(address) => get(TcpStream::connect(address).await.ok()?, "/metrics").await?,
        };
        // A line each for the workers, the count at its end.
        let lines = text.lines().filter(|line| line.starts_with(STRANGERS));
        let counts: Vec<u64> = lines
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect();
        (!counts.is_empty()).then(|| counts.iter().sum())
    }
}

/// The paths of the node that `settings` describe: tried if it runs, otherwise whether its ports
/// are free.
pub(super) async fn examine(settings: &Settings) -> Vec<Check> {
    let http = reachable(settings.http);
    let answer = match TcpStream::connect(http).await {
        Ok(stream) => get(stream, "/healthz").await,
        Err(_) => None,
    };
    if answer.is_none() {
        return ports::examine(settings).await;
    }
    let mut checks = vec![Check::new("HTTP", Ok(format!("answers at {http}")))];
    let entropy = std::sync::Arc::new(auth::SystemEntropy) as std::sync::Arc<dyn domain::Entropy>;
    let keys = DataDir::create(&settings.data_dir).and_then(|dir| dir.keys(&entropy));
    match keys {
        Ok(keys) => {
            let turn = settings.paths.turn.then(|| turn::configured(settings));
            let targets = Targets {
                host: turn::host(settings, None).unwrap_or_else(|| "this machine".to_owned()),
                media: settings.media_port,
                turn,
                single: settings.paths.tls,
                key: keys.turn,
            };
            checks.extend(targets.check(&Metrics::Http(http)).await);
        }
        Err(error) => checks.push(Check::new("TURN", Err(error.to_string()))),
    }
    checks
}

impl Targets {
    /// Tries every path.
    pub(super) async fn check(&self, metrics: &Metrics) -> Vec<Check> {
        let mut checks = vec![Check::new("media over UDP", self.media(metrics).await)];
        if let Some(ports) = self.turn {
            checks.extend(self.turn(ports).await);
        }
        if let Some(single) = self.single {
            checks.extend(self.single_port(reachable(single)).await);
        }
        checks
    }

    /// A datagram that means nothing must be counted by a media worker.
    async fn media(&self, metrics: &Metrics) -> Result<String, String> {
        let (port, host) = (self.media, &self.host);
        let blocked = || {
            format!(
                "datagrams to port {port} do not arrive at the media worker; allow UDP {port} to {host} in this machine's firewall"
            )
        };
        let Some(before) = metrics.strangers().await else {
            return Err("the node does not tell its metrics; is the SFU running?".to_owned());
        };
        let arrived = timeout(PATIENCE, async {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await.ok()?;
            loop {
                socket
                    .send_to(b"self-test", (Ipv4Addr::LOCALHOST, port))
                    .await
                    .ok()?;
                tokio::time::sleep(LOOK).await;
                if metrics.strangers().await? > before {
                    return Some(());
                }
            }
        });
        match arrived.await {
            Ok(Some(())) => Ok(format!("arrives; clients need UDP {port} to {host}")),
            _ => Err(blocked()),
        }
    }

    async fn turn(&self, ports: turn::Ports) -> Vec<Check> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let credentials = self.credentials();
        let udp = match Line::udp(local(ports.udp)).await {
            Ok(line) => line.allocate(&credentials).await,
            Err(error) => Err(error),
        };
        let tcp = over_tcp(local(ports.tcp), &credentials).await;
        let mut checks = vec![
            self.judge("TURN over UDP", "UDP", ports.udp, udp),
            self.judge("TURN over TCP", "TCP", ports.tcp, tcp),
        ];
        if let Some(port) = ports.tls {
            let tls = over_tls(local(port), &credentials).await;
            checks.push(self.judge("TURN over TLS", "TCP", port, tls));
        }
        checks
    }

    /// HTTPS, the redirect, and TURN with and without TLS, all on one port.
    async fn single_port(&self, address: SocketAddr) -> Vec<Check> {
        let port = address.port();
        let host = &self.host;
        let https = match tls_line::connect(address).await {
            Ok(stream) => get(stream, "/healthz").await,
            Err(_) => None,
        };
        let https = https.map(|_| format!("answers; clients need TCP {port} to {host}"));
        let silent = || {
            format!(
                "nothing answers over HTTPS; allow TCP {port} to {host}, and see that no proxy in front takes the connection apart"
            )
        };
        let mut checks = vec![Check::new(
            "HTTPS on the single port",
            https.ok_or_else(silent),
        )];
        if self.turn.is_some() {
            let credentials = self.credentials();
            let plain = over_tcp(address, &credentials).await;
            let tls = over_tls(address, &credentials).await;
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
        outcome: Result<SocketAddr, ProbeError>,
    ) -> Check {
        let host = &self.host;
        let found = match outcome {
            Ok(_) => Ok(format!(
                "an allocation was made and ended; clients need {protocol} {port} to {host}"
            )),
            Err(ProbeError::Refused(code)) => Err(format!(
                "the TURN server on port {port} refused our credentials (code {code}); it belongs to another node or data directory, or the clock is wrong"
            )),
            Err(error) => Err(format!(
                "{error}; allow {protocol} {port} to {host}, and see that no other program has the port"
            )),
        };
        Check::new(what, found)
    }

    fn credentials(&self) -> Credentials {
        let now = SystemClock.now();
        let until = now.checked_add(CREDENTIALS).unwrap_or(now);
        Turn::new(&self.key).mint_probe(until)
    }
}

async fn over_tcp(
    address: SocketAddr,
    credentials: &Credentials,
) -> Result<SocketAddr, ProbeError> {
    let stream = timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = stream.map_err(|_| ProbeError::Silent)??;
    Line::Stream(stream).allocate(credentials).await
}

async fn over_tls(
    address: SocketAddr,
    credentials: &Credentials,
) -> Result<SocketAddr, ProbeError> {
    let stream = tls_line::connect(address).await?;
    Line::Stream(stream).allocate(credentials).await
}

/// The body of a successful answer.
async fn get<S>(mut stream: S, path: &str) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let asked = timeout(PATIENCE, async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        // A peer that closes TLS without saying so has said everything else.
        match stream.read_to_end(&mut answer).await {
            Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok(()),
        }
    });
    asked.await.ok()?.ok()?;
    let text = String::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

/// Where a listener at `address` is met from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, address.port()).into()
        }
        _ => address,
    }
}
