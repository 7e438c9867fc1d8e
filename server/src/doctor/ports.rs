//! The ports of a node that does not run.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, UdpSocket};

use super::Check;
use crate::settings::Settings;
use crate::turn;

/// Whether the ports can be had.
pub(super) async fn examine(settings: &Settings) -> Vec<Check> {
    let any = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let udp = |address: SocketAddr| async move { UdpSocket::bind(address).await.map(drop) };
    let tcp = |address: SocketAddr| async move { TcpListener::bind(address).await.map(drop) };
    let mut ports = vec![
        (
            "HTTP",
            settings.http,
            "tcp",
            "--http",
            tcp(settings.http).await,
        ),
        (
            "media",
            any(settings.media_port),
            "udp",
            "--media-port",
            udp(any(settings.media_port)).await,
        ),
    ];
    if settings.paths.turn {
        let found = turn::configured(settings);
        let (port, tls) = (any(found.udp), found.tls.map(any));
        ports.push(("TURN over UDP", port, "udp", "--turn-port", udp(port).await));
        ports.push(("TURN over TCP", port, "tcp", "--turn-port", tcp(port).await));
        if let Some(tls) = tls {
            ports.push((
                "TURN over TLS",
                tls,
                "tcp",
                "--turn-tls-port",
                tcp(tls).await,
            ));
        }
    }
    if let Some(single) = settings.paths.tls {
        ports.push(("single port", single, "tcp", "--tls", tcp(single).await));
    }
    let judged = |(what, address, protocol, flag, bound): (
        _,
        SocketAddr,
        _,
        _,
        std::io::Result<()>,
    )| {
        let found = match bound {
            Ok(()) => Ok(format!(
                "no node runs; port {}/{protocol} is free",
                address.port()
            )),
            Err(error) => Err(format!(
                "port {}/{protocol} cannot be had ({error}); stop the program that has it, or choose another with {flag}",
                address.port()
            )),
        };
        Check::new(what, found)
    };
    ports.into_iter().map(judged).collect()
}
