//! What signaling is told.

use std::net::SocketAddr;
use std::time::Duration;

use bus::media::{self, FromSfu};
use sfu_core::turn::Carrier;
use sfu_core::{
    Event, FlowReport, Flows, LayerReason, MediaReport, PeerEvent, Protocol, Quality,
    QualityReason, Target,
};

/// A report to signaling. `carrier` tells what carries packets relayed from an address.
pub(crate) fn message(event: Event, carrier: impl Fn(SocketAddr) -> Option<Carrier>) -> FromSfu {
    let (room, participant, event) = match event {
        Event::Peer {
            room,
            participant,
            event,
        } => (room, participant, event),
        Event::Speakers { room, speakers } => {
            let speakers = speakers
                .into_iter()
                .map(|speaker| media::Speaker {
                    participant: speaker.participant,
                    level: speaker.level,
                })
                .collect();
            return FromSfu::Speakers { room, speakers };
        }
    };
    match event {
        PeerEvent::Answer {
            id,
            sdp,
            mid_to_track,
        } => FromSfu::Answer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        },
        PeerEvent::Offer {
            id,
            sdp,
            mid_to_track,
        } => FromSfu::Offer {
            room,
            participant,
            id,
            sdp,
            mid_to_track,
        },
        PeerEvent::SectionsNeeded { audios, videos } => FromSfu::SectionsNeeded {
            room,
            participant,
            audios,
            videos,
        },
        PeerEvent::Published {
            track,
            mid,
            mime,
            rids,
        } => FromSfu::Published {
            room,
            participant,
            track,
            mid,
            mime,
            rids,
        },
        PeerEvent::Unpublished { track } => FromSfu::Unpublished {
            room,
            participant,
            track,
        },
        PeerEvent::Subscribed { track } => FromSfu::Subscribed {
            room,
            participant,
            track,
        },
        PeerEvent::Connected { target } => FromSfu::Connected {
            room,
            participant,
            target: target_out(target),
        },
        PeerEvent::Disconnected { target } => FromSfu::Disconnected {
            room,
            participant,
            target: target_out(target),
        },
        PeerEvent::Failed { reason } => FromSfu::Failed {
            room,
            participant,
            reason,
        },
        PeerEvent::Wanted {
            track,
            codec,
            quality,
        } => FromSfu::Wanted {
            room,
            participant,
            track,
            codec,
            quality: quality.map(quality_out),
        },
        PeerEvent::StreamState { track, paused } => FromSfu::StreamState {
            room,
            participant,
            track,
            paused,
        },
        PeerEvent::Layer {
            track,
            quality,
            reason,
        } => FromSfu::Layer {
            room,
            participant,
            track,
            quality: quality.map(quality_out),
            reason: match reason {
                LayerReason::Bandwidth => media::LayerReason::Bandwidth,
                LayerReason::Viewer => media::LayerReason::Viewer,
                LayerReason::Publisher => media::LayerReason::Publisher,
            },
        },
        PeerEvent::Path { target, path } => FromSfu::Path {
            room,
            participant,
            target: target_out(target),
            path: match (path.protocol, carrier(path.destination)) {
                (Protocol::Tcp, _) => media::MediaPath::Tcp,
                (Protocol::Udp, None) => media::MediaPath::Udp,
                (Protocol::Udp, Some(Carrier::Udp)) => media::MediaPath::TurnUdp,
                (Protocol::Udp, Some(Carrier::Tcp)) => media::MediaPath::TurnTcp,
                (Protocol::Udp, Some(Carrier::Tls)) => media::MediaPath::TurnTls,
            },
        },
        PeerEvent::Report(report) => FromSfu::Report {
            room,
            participant,
            report: report_out(&report),
        },
        PeerEvent::Quality {
            loss,
            rtt_ms,
            reason,
        } => FromSfu::Quality {
            room,
            participant,
            loss,
            rtt_ms,
            reason: reason.map(|reason| match reason {
                QualityReason::UplinkLoss => media::QualityReason::UplinkLoss,
                QualityReason::DownlinkLoss => media::QualityReason::DownlinkLoss,
                QualityReason::Latency => media::QualityReason::Latency,
                QualityReason::Bandwidth => media::QualityReason::Bandwidth,
            }),
        },
    }
}

fn report_out(report: &MediaReport) -> media::MediaReport {
    media::MediaReport {
        period_ms: millis(report.period),
        rtt_ms: report.rtt.map(millis),
        up: flows_out(&report.up),
        down: flows_out(&report.down),
    }
}

fn flows_out(flows: &Flows) -> media::Flows {
    let flow = |flow: &FlowReport| media::FlowReport {
        packets: flow.packets,
        lost: flow.lost,
        bytes: flow.bytes,
        jitter_ms: flow.jitter.map(millis),
        freezes: flow.freezes,
        frozen_ms: millis(flow.frozen),
    };
    media::Flows {
        audio: flow(&flows.audio),
        video: flow(&flows.video),
        estimate_bps: flows.estimate,
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

fn quality_out(quality: Quality) -> media::Quality {
    match quality {
        Quality::Low => media::Quality::Low,
        Quality::Medium => media::Quality::Medium,
        Quality::High => media::Quality::High,
    }
}

fn target_out(target: Target) -> media::Target {
    match target {
        Target::Publisher => media::Target::Publisher,
        Target::Subscriber => media::Target::Subscriber,
    }
}

#[cfg(test)]
mod tests {
    use media::MediaPath;

    use super::*;

    #[test]
    fn a_path_is_named_after_what_carries_it_to_the_client() {
        let relayed: SocketAddr = ([192, 0, 2, 1], 49_152).into();
        let told = |protocol, carrier: Option<Carrier>| {
            let path = sfu_core::Path {
                protocol,
                destination: relayed,
                source: ([192, 0, 2, 1], 7882).into(),
            };
            let event = Event::Peer {
                room: "visit".into(),
                participant: "PA_a".into(),
                event: PeerEvent::Path {
                    target: Target::Publisher,
                    path,
                },
            };
            match message(event, |from| carrier.filter(|_| from == relayed)) {
                FromSfu::Path { path, .. } => path,
                other => panic!("another message: {other:?}"),
            }
        };
        assert_eq!(told(Protocol::Tcp, None), MediaPath::Tcp);
        assert_eq!(told(Protocol::Udp, None), MediaPath::Udp);
        assert_eq!(told(Protocol::Udp, Some(Carrier::Udp)), MediaPath::TurnUdp);
        assert_eq!(told(Protocol::Udp, Some(Carrier::Tcp)), MediaPath::TurnTcp);
        assert_eq!(told(Protocol::Udp, Some(Carrier::Tls)), MediaPath::TurnTls);
    }
}
