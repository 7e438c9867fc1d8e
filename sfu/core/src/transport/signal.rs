//! What a connection reports, in our words.

use std::time::Duration;

use str0m::bwe::BweKind;
use str0m::channel::ChannelId;
use str0m::media::Mid;
use str0m::rtp::RtpPacket;
use str0m::{Event, IceConnectionState};

use super::Transport;
use crate::dependency_descriptor::DependencyDescriptor;
use crate::packet::{Extensions, Packet};

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
    /// The client cannot decode what it receives in this section.
    KeyframeWanted(Mid),
    ChannelOpened(ChannelId, String),
    ChannelClosed(ChannelId),
    Data(ChannelId, Vec<u8>),
    /// A channel that was full takes data again.
    Writable,
    /// Bits per second that can be sent.
    Estimate(u64),
    Health {
        loss: f32,
        rtt: Option<Duration>,
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
            Event::KeyframeRequest(request) => Signal::KeyframeWanted(request.mid),
            Event::ChannelOpen(id, label) => Signal::ChannelOpened(id, label),
            Event::ChannelClose(id) => Signal::ChannelClosed(id),
            Event::ChannelData(data) => Signal::Data(data.id, data.data),
            Event::ChannelBufferedAmountLow(_) => Signal::Writable,
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                Signal::Estimate(estimate.as_u64())
            }
            Event::PeerStats(stats) => {
                let loss = |fraction: Option<f32>| fraction.unwrap_or(0.0).clamp(0.0, 1.0);
                Signal::Health {
                    loss: loss(stats.egress_loss_fraction).max(loss(stats.ingress_loss_fraction)),
                    rtt: stats.rtt,
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
            },
            payload: packet.payload,
            arrived: packet.timestamp,
        })
    }
}
