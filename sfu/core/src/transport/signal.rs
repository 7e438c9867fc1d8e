//! What a connection reports, in our words.

use std::time::SystemTime;

use str0m::channel::ChannelId;
use str0m::rtp::RtpPacket;
use str0m::rtp::rtcp::SenderInfo;
use str0m::{Event, IceConnectionState};

use super::Transport;
use crate::dependency_descriptor::DependencyDescriptor;
use crate::packet::{Extensions, Packet, SenderClock};
use crate::scalability::Position;

/// More streams than any client sends on one connection; bounds the lookup cache.
const MAX_SOURCES: usize = 128;

/// What a connection reports.
#[derive(Debug)]
pub(crate) enum Signal {
    /// ICE and DTLS are up, for the first time or again.
    Connected,
    /// Consent expired, DTLS failed or the client closed the connection.
    Lost,
    Rtp(Packet),
    ChannelOpened(ChannelId, String),
    ChannelClosed(ChannelId),
    Data(ChannelId, Vec<u8>),
    /// A channel that was full takes data again.
    Writable,
    /// A second's view: share of packets lost on the way from the client.
    Health {
        loss: f32,
    },
}

impl Transport {
    pub(super) fn translate(&mut self, event: Event, signals: &mut Vec<Signal>) {
        let signal = match event {
            Event::RtpPacket(packet) => match self.packet(packet) {
                Some(packet) => Signal::Rtp(packet),
                None => return,
            },
            Event::Connected => Signal::Connected,
            Event::IceConnectionStateChange(
                IceConnectionState::Connected | IceConnectionState::Completed,
            ) if self.rtc.is_connected() => Signal::Connected,
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                Signal::Lost
            }
            Event::ChannelOpen(id, label) => Signal::ChannelOpened(id, label),
            Event::ChannelClose(id) => Signal::ChannelClosed(id),
            Event::ChannelData(data) => Signal::Data(data.id, data.data),
            Event::ChannelBufferedAmountLow(_) => Signal::Writable,
            Event::PeerStats(stats) => {
                let loss = stats.ingress_loss_fraction.unwrap_or(0.0);
                Signal::Health {
                    loss: loss.clamp(0.0, 1.0),
                }
            }
            _ => return,
        };
        signals.push(signal);
    }

    fn packet(&mut self, packet: RtpPacket) -> Option<Packet> {
        let ssrc = packet.header.ssrc;
        let (mid, rid) = match self.sources.get(&ssrc) {
            Some(source) => *source,
            None => {
                let mut direct = self.rtc.direct_api();
                let stream = direct.stream_rx(&ssrc)?;
                let source = (stream.mid(), stream.rid());
                if self.sources.len() >= MAX_SOURCES {
                    self.sources.clear();
                }
                self.sources.insert(ssrc, source);
                source
            }
        };
        let values = &packet.header.ext_vals;
        Some(Packet {
            mid,
            rid,
            ssrc,
            pt: packet.header.payload_type,
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            extensions: Extensions {
                audio_level: values.audio_level,
                voice_activity: values.voice_activity,
                orientation: values.video_orientation,
                dependency: values.user_values.get_arc::<DependencyDescriptor>(),
                targets: None,
            },
            payload: packet.payload,
            arrived: packet.timestamp,
            position: Position::default(),
            clock: packet.last_sender_info.as_ref().map(clock),
        })
    }
}

fn clock(told: &SenderInfo) -> SenderClock {
    /// Seconds from 1900, where NTP begins, to 1970.
    const TO_1970: u64 = 2_208_988_800;
    // A time before 1970 is no time at all: what counts is only that two are equal or not.
    let since_1970 = told
        .ntp_time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = since_1970.as_secs().wrapping_add(TO_1970);
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    SenderClock {
        ntp: (seconds << 32) | fraction,
        timestamp: told.rtp_time.numer() as u32,
    }
}
