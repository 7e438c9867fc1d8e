//! A receiver that asks for everything again, all the time, although nothing was lost: broken, or
//! malicious. It gets a bounded share, and nobody else less.

#[path = "../common/mod.rs"]
mod common;
// What a client seals its reports with is what we open them with. Neither is public.
#[allow(dead_code, reason = "only reports are sealed here")]
#[path = "../../src/egress/keys.rs"]
mod keys;
#[allow(dead_code, reason = "only reports are sealed here")]
#[path = "../../src/egress/srtp.rs"]
mod srtp;

mod transport;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use common::World;
use common::call::{Film, Got, Seats};
use common::client::Client;
use sfu_core::{Connections, MediaKind};
use srtp::RtcpSealer;
use testkit::network::{Datagram, Path};

/// The SSRC that the greedy one reports under, besides those of its engine.
const REPORTER: u32 = 0x0bad_cafe;
/// Packets of a stream that are asked for at once: those of the last second and more.
const ASKED: u16 = 400;

/// One who speaks, one who watches behind a path that loses, and one who wants everything twice.
struct Crowd {
    world: World,
    film: Film,
    honest: Seats,
    greedy: Seats,
    sealer: RtcpSealer,
    /// Packets asked for again.
    asked: u64,
}

const SPEAKER: usize = 0;
const HONEST: usize = 1;
const GREEDY: usize = 2;

impl Crowd {
    fn new(seed: u64) -> Self {
        let mut world = World::pair(seed, Connections::Single);
        let now = world.now;
        let (client, keys) = transport::overheard(|crypto| {
            Client::with_crypto(now, GREEDY, Connections::Single, &crypto)
        });
        assert_eq!(world.enter(client, true, true), GREEDY);
        world.until("it is connected", |world| world.clients[GREEDY].receives());
        let sealer = keys::Keys::derive(&keys().expect("DTLS is done")).expect("a profile of ours");

        let (voice, microphone) = world.publish(SPEAKER, MediaKind::Audio, &[]);
        let (picture, camera) = world.publish(SPEAKER, MediaKind::Video, &["q", "h", "f"]);
        let mut seats = |of: usize| {
            world.subscribe(of, SPEAKER, &voice);
            world.subscribe(of, SPEAKER, &picture);
            let section = |track| world.clients[of].section_of(track).expect("told where");
            Seats {
                heard_in: section(&voice),
                seen_in: section(&picture),
            }
        };
        Self {
            honest: seats(HONEST),
            greedy: seats(GREEDY),
            world,
            film: Film::new(SPEAKER, microphone, camera),
            sealer: sealer.rtcp,
            asked: 0,
        }
    }

    fn path(&mut self, of: usize, path: Path) {
        let address = self.world.clients[of].downlink().address;
        self.world.network.set_path(address, path);
    }

    /// What the honest and the greedy one got in so many seconds.
    fn play(&mut self, seconds: u32, greedy: bool) -> (Got, Got) {
        for of in [HONEST, GREEDY] {
            self.world.clients[of].downlink().packets.clear();
        }
        let before = self.film.keyframes;
        for _ in 0..seconds * 50 {
            self.film.step(&mut self.world);
            if greedy {
                self.ask_for_everything();
            }
        }
        let keyframes = self.film.keyframes - before;
        let mut got =
            |of: usize, seats| Got::by(&mut self.world.clients[of], seats, seconds, keyframes);
        (got(HONEST, self.honest), got(GREEDY, self.greedy))
    }

    /// Names the newest packets of every stream as missing (RFC 4585, section 6.2.1).
    fn ask_for_everything(&mut self) {
        let link = self.world.clients[GREEDY].downlink();
        let mut newest: BTreeMap<u32, u64> = BTreeMap::new();
        for packet in &link.packets {
            let of = newest.entry(*packet.header.ssrc).or_default();
            *of = (*of).max(*packet.seq_no);
        }
        let source = link.address;
        for (ssrc, newest) in newest {
            let firsts = (0..ASKED)
                .step_by(17)
                .map(|back| newest as u16 - back.min(newest as u16));
            let mut sealed = vec![0x81, 205];
            let words: Vec<u16> = firsts.map(|last| last.wrapping_sub(16)).collect();
            sealed.extend((2 + words.len() as u16).to_be_bytes());
            sealed.extend(REPORTER.to_be_bytes());
            sealed.extend(ssrc.to_be_bytes());
            for first in &words {
                sealed.extend(first.to_be_bytes());
                sealed.extend(u16::MAX.to_be_bytes());
            }
            self.asked += words.len() as u64 * 17;
            self.sealer.seal(&mut sealed, 0).expect("sealed");
            let datagram = Datagram {
                source,
                destination: common::server(),
                contents: sealed,
            };
            self.world.network.send(self.world.now, datagram);
        }
    }

    /// Bytes sent so far to the greedy one: what is its media, and what was sent again.
    fn sent(&mut self) -> (u64, u64) {
        let link = self.world.clients[GREEDY].downlink();
        let to: SocketAddr = link.address;
        let mut direct = link.rtc.direct_api();
        let seats = [self.greedy.heard_in, self.greedy.seen_in];
        let media = seats.map(|mid| direct.stream_rx_by_mid(mid, None).map(|s| *s.ssrc()));
        let (mut first, mut again) = (0, 0);
        for ((of, ssrc), bytes) in &self.world.sent {
            match (*of == to, media.contains(&Some(*ssrc))) {
                (true, true) => first += bytes,
                (true, false) => again += bytes,
                _ => {}
            }
        }
        (first, again)
    }
}

/// Beyond a first moment, what may go again is no more than the media, many times less than is asked
/// for. The one who really loses packets has them repaired as if alone, and everybody's sound and
/// picture are whole, also those of the greedy one, on a path of any width that carries its media.
#[test]
fn who_asks_for_everything_again_gets_a_share_and_takes_it_from_nobody() {
    for (seed, bandwidth) in [
        (1, None),
        (2, Some(5_000_000)),
        (3, Some(3_000_000)),
        (4, Some(2_000_000)),
    ] {
        let delay = Duration::from_millis(25);
        let lossy = Path {
            delay,
            loss: 0.02,
            ..Path::default()
        };
        let narrow = Path {
            delay,
            bandwidth,
            ..Path::default()
        };
        let mut crowd = Crowd::new(seed);
        crowd.play(5, false);
        crowd.path(HONEST, lossy);
        crowd.path(GREEDY, narrow);
        crowd.play(5, false);
        let (first, _) = crowd.play(20, true);
        let (before, asked) = (crowd.sent(), crowd.asked);
        let (honest, greedy) = crowd.play(20, true);
        let (after, asked) = (crowd.sent(), crowd.asked - asked);

        let (media, again) = (after.0 - before.0, after.1 - before.1);
        let case = format!(
            "{bandwidth:?}: {media} bytes, {again} again, {asked} packets asked for, \
             {first:?}, {honest:?}, {greedy:?}"
        );
        assert!(again > media / 4, "it was not greedy: {case}");
        assert!(again < media * 11 / 10, "{case}");
        assert!(again < asked * 1_000 / 50, "{case}");
        for (got, audio) in [(&first, 0.96), (&honest, 0.96), (&greedy, 0.99)] {
            assert!(got.audio > audio, "{case}");
            assert!(got.whole > 0.99 && got.rate > 24.5, "{case}");
            assert_eq!(got.layers, [3], "{case}");
        }
        assert_eq!(honest.keyframes, 0, "{case}");
    }
}
