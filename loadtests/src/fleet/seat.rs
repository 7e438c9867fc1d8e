//! One participant's media: what it sends, what it gets, and what it reports.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::BytesMut;
use mio::net::UdpSocket;
use rtc::ice::agent::Agent;
use rtc::sansio::Protocol as _;
use rtc::shared::{TransportContext, TransportMessage, TransportProtocol};

use super::clock::nanos;
use super::counts::Counts;
use super::film::Film;
use super::socket::{BATCH, Inbox, Outbox};
use crate::rtp::camera::stamp_of;
use crate::rtp::feedback::Arrivals;
use crate::rtp::header::Header;
use crate::rtp::rtcp::{self, Heard, Reception};
use crate::rtp::srtp::{Profile, Srtp};
use crate::rtp::stream::Stream;
use crate::rtp::{RTX, VP8};

/// One packet in so many is opened: it says how long it was under way, and that it is authentic.
/// The others are counted by their header. Until the first picture every packet is opened.
const OPENED: u16 = 8;
/// Feedback packets between two reports: one a second.
pub(super) const TENDS: u32 = 20;
/// Between two feedback packets, as Chromium at megabits.
pub(super) const TEND: u64 = 50_000_000;

/// A connection that is up.
pub(crate) struct Wire {
    /// Connected to its peer, prepared.
    pub(crate) socket: UdpSocket,
    pub(crate) outward: Srtp,
    pub(crate) inward: Srtp,
    pub(crate) profile: Profile,
    /// Keeps the consent of the other side (RFC 7675); none between bots.
    pub(crate) agent: Option<Box<Agent>>,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

/// One participant.
pub(crate) struct Seat {
    wire: Wire,
    /// Under which it reports.
    own: u32,
    pub(super) film: Option<Film>,
    pub(super) streams: Vec<Stream>,
    arrivals: Arrivals,
    /// Counts compound packets sent.
    reports: u32,
    tends: u32,
    report: Vec<u8>,
    /// A keyframe was asked for.
    keyframe: bool,
}

impl Seat {
    /// A participant that sends `film`, if any.
    pub(crate) fn new(wire: Wire, own: u32, film: Option<Film>) -> Self {
        Self {
            wire,
            own: film.as_ref().map_or(own, Film::ssrc),
            film,
            streams: Vec::new(),
            arrivals: Arrivals::default(),
            reports: 0,
            tends: 0,
            report: Vec::new(),
            keyframe: false,
        }
    }

    pub(super) fn socket(&mut self) -> &mut UdpSocket {
        &mut self.wire.socket
    }

    /// Sends what is due of the film. Returns the time to the next, in nanoseconds; none when
    /// nothing is filmed.
    pub(super) fn send(&mut self, outbox: &mut Outbox, counts: &mut Counts) -> Option<u64> {
        let film = self.film.as_mut().filter(|film| film.on)?;
        let keyframe = std::mem::take(&mut self.keyframe);
        let (bytes, len) = film.next(&self.wire.outward, keyframe, nanos());
        let wanted = bytes.len() / len;
        let taken = outbox.send(&self.wire.socket, bytes, len);
        counts.sent += taken as u64;
        counts.unsent += (wanted - taken) as u64;
        Some(film.interval())
    }

    /// Receives everything that waits.
    pub(super) fn receive(&mut self, inbox: &mut Inbox, counts: &mut Counts) -> io::Result<()> {
        let Self {
            wire,
            streams,
            arrivals,
            keyframe,
            ..
        } = self;
        let mut checks = Vec::new();
        loop {
            let received = inbox.receive(&wire.socket, |datagram, at| match datagram.first() {
                Some(0..=3) => checks.push(BytesMut::from(&*datagram)),
                Some(128..=191) if rtcp::is_rtcp(datagram) => {
                    if let Some(compound) = wire.inward.open_rtcp(datagram) {
                        rtcp::read(compound, |heard| match heard {
                            Heard::Keyframe => *keyframe = true,
                            Heard::Clock { ssrc, middle } => {
                                if let Some(stream) = streams.iter_mut().find(|s| s.ssrc == ssrc) {
                                    stream.clock(middle, at);
                                }
                            }
                        });
                    } else {
                        counts.forged += 1;
                    }
                }
                Some(128..=191) => {
                    take(&wire.inward, streams, arrivals, datagram, at, counts);
                }
                // DTLS after the handshake: the other side says good-bye, which signalling tells.
                _ => {}
            })?;
            if received < BATCH {
                break;
            }
        }
        for check in checks {
            self.wire.check(check);
        }
        Ok(())
    }

    /// Feedback, and once a second reports.
    pub(super) fn tend(&mut self) {
        self.tends += 1;
        let at = nanos();
        if self.tends.is_multiple_of(TENDS) {
            self.report.clear();
            match &self.film {
                Some(film) if film.on => rtcp::sender_report(&mut self.report, film.sent(), at),
                _ => {}
            }
            let about: Vec<Reception> = self.streams.iter_mut().map(|s| s.report(at)).collect();
            if !about.is_empty() || self.report.is_empty() {
                rtcp::receiver_report(&mut self.report, self.own, &about);
            }
            self.send_report();
        }
        self.report.clear();
        let media = self.streams.first().map_or(0, |stream| stream.ssrc);
        if self.arrivals.write(&mut self.report, self.own, media) {
            self.send_report();
        }
        self.wire.keep_consent();
    }

    fn send_report(&mut self) {
        self.reports += 1;
        if self
            .wire
            .outward
            .seal_rtcp(&mut self.report, self.reports)
            .is_ok()
        {
            // A full buffer loses it, like a network.
            let _ = self.wire.socket.send(&self.report);
        }
    }
}

fn take(
    inward: &Srtp,
    streams: &mut Vec<Stream>,
    arrivals: &mut Arrivals,
    datagram: &mut [u8],
    at: u64,
    counts: &mut Counts,
) {
    let Some(header) = Header::parse(datagram) else {
        counts.forged += 1;
        return;
    };
    if let Some(sequence) = header.transport_sequence {
        arrivals.record(sequence, at);
    }
    if header.payload_type == RTX {
        counts.padding += 1;
    }
    if header.payload_type != VP8 {
        return;
    }
    let place = streams.iter().position(|s| s.ssrc == header.ssrc);
    let place = place.unwrap_or_else(|| {
        streams.push(Stream::new(header.ssrc));
        streams.len() - 1
    });
    let stream = &mut streams[place];
    let index = stream.index(header.sequence);
    let wanted = stream.awaits_picture() || header.sequence.is_multiple_of(OPENED);
    if !stream.take(&header, at) {
        return;
    }
    counts.received += 1;
    if !wanted {
        return;
    }
    match inward.open(datagram, header.len, header.ssrc, index) {
        Some(payload) => {
            if stream.awaits_picture() {
                stream.watch(&header, payload, at);
            }
            if let Some(sent) = stamp_of(payload) {
                counts.latency.record(at.saturating_sub(sent));
            }
        }
        None => counts.forged += 1,
    }
}

impl Wire {
    /// A STUN message came.
    fn check(&mut self, message: BytesMut) {
        let Some(agent) = &mut self.agent else {
            return;
        };
        let transport = TransportContext {
            local_addr: self.local,
            peer_addr: self.remote,
            ecn: None,
            transport_protocol: TransportProtocol::UDP,
        };
        // What is not a STUN message of this connection changes nothing.
        let _ = agent.handle_read(TransportMessage {
            now: now(),
            transport,
            message,
        });
        self.send_checks();
    }

    fn keep_consent(&mut self) {
        let Some(agent) = &mut self.agent else {
            return;
        };
        if agent.poll_timeout().is_some_and(|due| due <= now()) {
            // Fails once the other side is gone, which signalling tells.
            let _ = agent.handle_timeout(now());
        }
        self.send_checks();
    }

    fn send_checks(&mut self) {
        let Some(agent) = &mut self.agent else {
            return;
        };
        while let Some(check) = agent.poll_write() {
            let _ = self.socket.send(&check.message);
        }
        while agent.poll_event().is_some() {}
    }
}

#[expect(clippy::disallowed_methods, reason = "the ICE agent is told the time")]
fn now() -> Instant {
    Instant::now()
}
