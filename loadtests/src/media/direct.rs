//! The same senders and receivers without a node between them: what of a packet's time under way
//! is the bots' and the kernel's.

use std::net::UdpSocket;
use std::time::Duration;

use super::crowd::Shape;
use crate::bot::{Camera, provider};
use crate::error::LoadError;
use crate::fleet::Fleet;
use crate::fleet::counts::Counts;
use crate::fleet::film::Film;
use crate::fleet::seat::{Seat, Wire};
use crate::fleet::socket;
use crate::rtp::srtp::{Profile, Srtp};

/// Before counting begins.
const SETTLE: Duration = Duration::from_millis(500);

/// As many senders as in `shape`, each with one receiver, for `length`.
pub(crate) async fn measure(
    shape: Shape,
    camera: Camera,
    threads: usize,
    length: Duration,
) -> Result<Counts, LoadError> {
    let fleet = Fleet::start(threads)?;
    let mut seats = Vec::new();
    for room in 0..shape.rooms {
        for (side, wire) in pair()?.into_iter().enumerate() {
            // SSRCs tell streams apart; here each side hears one.
            let ssrc = (2 * room + side + 1) as u32;
            let films = side == 0 || shape.mutual;
            let film = films.then(|| Film::new(ssrc, camera.rate, camera.bytes, camera.pace));
            seats.push(fleet.add(Seat::new(wire, ssrc, film)));
        }
    }
    seats.iter().for_each(|seat| fleet.film(*seat, true));
    tokio::time::sleep(SETTLE).await;
    fleet.mark().await?;
    tokio::time::sleep(length).await;
    let counts = fleet.tally().await?;
    for seat in seats {
        fleet.remove(seat).await;
    }
    Ok(counts)
}

/// The two ends of a connection.
fn pair() -> Result<[Wire; 2], LoadError> {
    let profile = Profile::Aes256Gcm;
    let exported = vec![7; profile.export_len()];
    let provider = provider()?;
    let keys = || Srtp::pair(profile, &exported, provider.crypto());
    let sockets = [
        UdpSocket::bind("127.0.0.1:0")?,
        UdpSocket::bind("127.0.0.1:0")?,
    ];
    let [a, b] = [sockets[0].local_addr()?, sockets[1].local_addr()?];
    let [first, second] = sockets;
    let wire = |own: UdpSocket, local, remote, (outward, inward)| {
        own.connect(remote)?;
        socket::prepare(&own)?;
        Ok::<_, LoadError>(Wire {
            socket: mio::net::UdpSocket::from_std(own),
            outward,
            inward,
            profile,
            agent: None,
            local,
            remote,
        })
    };
    let (x, y) = keys()?;
    let one = wire(first, a, b, (x, y))?;
    let (x, y) = keys()?;
    Ok([one, wire(second, b, a, (y, x))?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::film::Pace;

    #[tokio::test]
    async fn what_is_filmed_at_one_end_is_counted_at_the_other() {
        let camera = Camera {
            rate: 440,
            bytes: 1_200,
            pace: Pace::Smooth,
        };
        let length = Duration::from_millis(300);
        let counts = measure(Shape::visits(3), camera, 2, length).await;
        let counts = counts.expect("measured");
        assert!(counts.received > 0 && counts.sent > 0);
        assert_eq!((counts.forged, counts.lost, counts.unsent), (0, 0, 0));
        assert!(counts.latency.quantile(0.5).is_some());
    }
}
