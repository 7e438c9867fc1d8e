//! What a connection sends to its client: RTP that was received from others, sealed here and put
//! straight into the batch of datagrams, past the engine.
//!
//! The engine keeps ICE, DTLS, data channels and everything a client sends. It is told nothing of
//! what goes out here and knows of no sending stream; its reports and ours use different SSRCs.
//!
//! Nothing is paced: packets go on as they come, in the rhythm their publisher gave them.

mod estimate;
mod header;
mod keys;
mod reports;
mod rtcp;
mod srtp;
mod stream;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(crate) use header::ExtensionIds;
pub(crate) use reports::Report;
pub(crate) use stream::{Agreed, Outgoing};

use keys::Keys;

use crate::bandwidth::Bandwidth;
use crate::batch::{Batch, Path};
use crate::packet::{Extensions, Packet};
use crate::run::Rewritten;
use crate::transport::Exported;

/// The bandwidth assumed until the receiver reports, in bits per second: enough for one good
/// picture at once.
const FIRST_ESTIMATE: u64 = 1_500_000;
/// Sender reports remembered to measure the round trip by.
const REPORTS: usize = 32;
/// A packet is not sent again sooner than this after the last time: requests cross on the way.
const LEAST_PATIENCE: Duration = Duration::from_millis(10);

/// The sending side of one connection.
#[derive(Debug)]
pub(crate) struct Egress {
    keys: Option<Keys>,
    /// Where the client is. It proved each address by ICE; this is the one it reports from.
    path: Option<Path>,
    /// Under which our own compound packets go.
    report_ssrc: u32,
    /// Numbers the packets of the connection whose arrival the client tells.
    transport_sequence: u16,
    /// The origin of the send times told to the client.
    epoch: Instant,
    /// The middle of the time told in the newest sender reports, and when they went.
    reports: VecDeque<(u32, Instant)>,
    /// What the path carries; none when it is not to be estimated.
    bandwidth: Option<Bandwidth>,
    rtt: Option<Duration>,
    /// Share of packets lost in the newest report, that of the worst stream.
    loss: f32,
    /// Bytes of media sent so far.
    media: u64,
}

/// Where packets are put, and when.
pub(crate) struct Wire<'a> {
    pub(crate) now: Instant,
    pub(crate) batch: &'a mut Batch,
}

/// Where a packet's payload type leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PayloadTypes {
    pub(crate) media: u8,
    /// That of its retransmissions (RFC 4588); none when not agreed on.
    pub(crate) rtx: Option<u8>,
}

impl Egress {
    /// `report_ssrc` must differ from every SSRC the connection sends under. With `estimate` the
    /// bandwidth is estimated.
    pub(crate) fn new(now: Instant, report_ssrc: u32, estimate: bool) -> Self {
        Self {
            keys: None,
            path: None,
            report_ssrc,
            transport_sequence: 1,
            epoch: now,
            reports: VecDeque::with_capacity(REPORTS),
            bandwidth: estimate.then(|| Bandwidth::new(now, FIRST_ESTIMATE)),
            rtt: None,
            loss: 0.0,
            media: 0,
        }
    }

    /// Bytes of media sent so far, each once.
    pub(crate) fn media_sent(&self) -> u64 {
        self.media
    }

    /// DTLS is through: from here on packets can go.
    pub(crate) fn set_keys(&mut self, exported: &Exported) {
        self.keys = Keys::derive(exported);
    }

    /// Where the client is: `found` by the engine's ICE, good until the client reports from
    /// elsewhere.
    pub(crate) fn path_or(&mut self, found: Path) -> Path {
        *self.path.get_or_insert(found)
    }

    /// Where the client is, as far as known.
    pub(crate) fn path(&self) -> Option<Path> {
        self.path
    }

    pub(crate) fn rtt(&self) -> Option<Duration> {
        let estimated = || self.bandwidth.as_ref()?.rtt();
        self.rtt.or_else(estimated)
    }

    /// Share of packets lost on the way to the client.
    pub(crate) fn loss(&self) -> f32 {
        let estimated = self.bandwidth.as_ref().map(Bandwidth::loss);
        estimated.unwrap_or_default().max(self.loss)
    }

    /// Seals and queues a packet. False before the connection is up.
    pub(crate) fn send(
        &mut self,
        wire: &mut Wire<'_>,
        stream: &mut Outgoing,
        payload_type: u8,
        numbers: &Rewritten,
        packet: &Packet,
        payload: &[u8],
    ) -> bool {
        if self.keys.is_none() || !stream.seal_once(numbers.seq) {
            return false;
        }
        let written = stream.written(payload_type, numbers);
        let (carried, payload) = carried(numbers, &packet.extensions, payload);
        let sent = self.seal(wire, stream, &written, carried, |arena| {
            let start = arena.len();
            arena.extend_from_slice(payload);
            numbers.payload.write(&mut arena[start..]);
        });
        if sent {
            stream.count(numbers.timestamp, payload.len());
            self.media += payload.len() as u64;
        }
        sent
    }

    /// Sends a packet again, as a retransmission of its own stream (RFC 4588, section 4). False
    /// when that was not agreed on, or it went just now.
    pub(crate) fn resend(
        &mut self,
        wire: &mut Wire<'_>,
        stream: &mut Outgoing,
        payload_types: PayloadTypes,
        numbers: &Rewritten,
        packet: &Packet,
    ) -> bool {
        let patience = self.rtt().unwrap_or_default().max(LEAST_PATIENCE);
        let Some(payload_type) = payload_types.rtx else {
            return false;
        };
        if !stream.may_resend(numbers.seq, wire.now, patience) {
            return false;
        }
        let Some(written) = stream.written_again(payload_type, numbers) else {
            return false;
        };
        let (carried, payload) = carried(numbers, &packet.extensions, &packet.payload);
        self.seal(wire, stream, &written, carried, |arena| {
            // The original sequence number comes first.
            arena.extend_from_slice(&(numbers.seq as u16).to_be_bytes());
            let start = arena.len();
            arena.extend_from_slice(payload);
            numbers.payload.write(&mut arena[start..]);
        })
    }

    /// Tells the client which moment of the publisher's clock a time stamp of the stream is.
    pub(crate) fn report_clock(
        &mut self,
        wire: &mut Wire<'_>,
        stream: &mut Outgoing,
        ntp: u64,
        timestamp: u32,
    ) {
        let (Some(keys), Some(path)) = (&mut self.keys, self.path) else {
            return;
        };
        let (arena, start) = wire.batch.begin();
        rtcp::begin(arena, self.report_ssrc);
        rtcp::sender_report(arena, &stream.report(ntp, timestamp));
        rtcp::canonical_name(arena, stream.ssrc(), stream.canonical_name());
        if keys.rtcp.seal(arena, start).is_err() {
            wire.batch.abandon(start);
            return;
        }
        wire.batch.finish(path, start);
        if self.reports.len() == REPORTS {
            self.reports.pop_front();
        }
        self.reports.push_back(((ntp >> 16) as u32, wire.now));
    }

    /// Appends a packet to the batch: header, what `fill` writes, seal.
    fn seal(
        &mut self,
        wire: &mut Wire<'_>,
        stream: &Outgoing,
        written: &stream::Written,
        carried: Option<&Extensions>,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let (Some(keys), Some(path)) = (&self.keys, self.path) else {
            return false;
        };
        let hop = header::Hop {
            ids: stream.ids(),
            mid: stream.mid(),
            transport_sequence: self.transport_sequence,
            absolute_send_time: absolute_send_time(wire.now, self.epoch),
        };
        let (arena, start) = wire.batch.begin();
        let len = header::write(arena, &written.fixed, &hop, carried);
        fill(arena);
        let sealed = keys
            .rtp
            .seal(arena, start, len, written.fixed.ssrc, written.index);
        if sealed.is_err() {
            wire.batch.abandon(start);
            return false;
        }
        let bytes = wire.batch.finish(path, start);
        if hop.ids.transport_sequence != 0 {
            if let Some(bandwidth) = &mut self.bandwidth {
                bandwidth.sent(hop.transport_sequence, wire.now, bytes);
            }
            self.transport_sequence = self.transport_sequence.wrapping_add(1);
        }
        true
    }
}

/// What goes of a packet: nothing of one that is only to close a gap.
fn carried<'a>(
    numbers: &Rewritten,
    extensions: &'a Extensions,
    payload: &'a [u8],
) -> (Option<&'a Extensions>, &'a [u8]) {
    match numbers.hollow {
        true => (None, &[]),
        false => (Some(extensions), payload),
    }
}

/// Seconds in 6.18 fixed point, modulo 64.
fn absolute_send_time(now: Instant, epoch: Instant) -> u32 {
    let micros = now.saturating_duration_since(epoch).as_micros();
    ((micros << 18) / 1_000_000) as u32 & 0x00ff_ffff
}
