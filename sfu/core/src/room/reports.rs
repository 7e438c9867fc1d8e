//! What receivers report, and what is sent again for it.

use std::time::Duration;

use super::Room;
use crate::batch::Path;
use crate::datagram::Datagram;
use crate::egress::Report;
use crate::event::{LayerReason, PeerEvent, QualityReason};
use crate::node::Context;
use crate::routes::ConnectionKey;
use crate::run::Origin;
use crate::{MediaKind, Target};

/// From here on loss is heard and seen, and delay gets in the way of talking (ITU-T G.114).
const NOTABLE_LOSS: f32 = 0.02;
const NOTABLE_RTT: Duration = Duration::from_millis(300);

impl Room {
    /// A client's report. False when the engine need not see it.
    pub(super) fn receive_report(
        &mut self,
        context: &mut Context<'_>,
        key: ConnectionKey,
        datagram: &Datagram<'_>,
    ) -> bool {
        let Some(connection) = self.connection(key) else {
            return false;
        };
        let from = Path {
            protocol: datagram.protocol,
            destination: datagram.source,
            source: datagram.destination,
        };
        let before = connection.egress.path();
        let mut reports = Vec::new();
        let for_engine =
            connection
                .egress
                .receive_report(context.now, from, datagram.contents, |report| {
                    reports.push(report)
                });
        if let Some(path) = connection
            .egress
            .path()
            .filter(|path| Some(*path) != before)
        {
            let target = key.target;
            self.report(context, key.peer, PeerEvent::Path { target, path });
        }
        if key.target == self.peers[key.peer].downlink_target() {
            for report in reports {
                match report {
                    Report::Missing(ssrc, list) => self.resend(context, key.peer, ssrc, &list),
                    Report::PictureLost(ssrc) => self.keyframe_wanted(context, key.peer, ssrc),
                    Report::Arrives(ssrc, lost, jitter) => {
                        self.arrives(key.peer, ssrc, lost, jitter);
                    }
                }
            }
        }
        self.tend_bandwidth(context, key, None);
        for_engine
    }

    /// Both connections of a participant as one; told when that which it receives on is measured.
    pub(super) fn report_quality(
        &mut self,
        context: &mut Context<'_>,
        key: usize,
        measured: Target,
    ) {
        let peer = &mut self.peers[key];
        if measured != peer.downlink_target() || !peer.downlink().up {
            return;
        }
        let (mut up, mut down, mut rtt) = (0.0_f32, 0.0_f32, None);
        for target in peer.targets() {
            if let Some(connection) = peer.connection(target) {
                up = up.max(connection.loss);
                down = down.max(connection.egress.loss());
                rtt = connection.egress.rtt().max(rtt);
            }
        }
        let mut received = peer.subscriptions.iter().map(|s| &self.subscriptions[*s]);
        let reason = if received.any(|s| s.paused || s.reason == LayerReason::Bandwidth) {
            Some(QualityReason::Bandwidth)
        } else if up.max(down) >= NOTABLE_LOSS {
            Some(match up > down {
                true => QualityReason::UplinkLoss,
                false => QualityReason::DownlinkLoss,
            })
        } else {
            rtt.filter(|rtt| *rtt >= NOTABLE_RTT)
                .map(|_| QualityReason::Latency)
        };
        let event = PeerEvent::Quality {
            loss: up.max(down),
            rtt_ms: rtt.map(|rtt| u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX)),
            reason,
        };
        self.report(context, key, event);
    }

    fn arrives(&mut self, peer: usize, ssrc: u32, lost: i32, jitter: u32) {
        let sections = self.peers[peer].negotiator.sections_mut();
        let section = sections.sending(ssrc).and_then(|s| sections.get_mut(s));
        if let Some(outgoing) = section.and_then(|section| section.outgoing.as_mut()) {
            outgoing.arrives(lost, jitter);
        }
    }

    /// Tells what a participant's media did since the last time, unless that was just now.
    pub(super) fn report_media(&mut self, context: &mut Context<'_>, key: usize) {
        let now = context.now;
        let peer = &mut self.peers[key];
        let mut report = std::mem::take(&mut peer.tally);
        report.period = now.saturating_duration_since(peer.reported);
        peer.reported = now;
        for publication in &peer.publications {
            let publication = &mut self.publications[*publication];
            let flow = publication.take_flow(now);
            report.up.of(publication.is_video()).add(&flow);
        }
        for subscription in &peer.subscriptions {
            let subscription = &mut self.subscriptions[*subscription];
            let video = self.publications[subscription.publication].is_video();
            let flow = subscription.watch.take(now);
            report.down.of(video).add(&flow);
        }
        for section in peer.negotiator.sections_mut().all() {
            let video = section.kind == MediaKind::Video;
            // Opus has the one clock rate (RFC 7587, section 4.1), so have all video codecs.
            let clock_rate = if video { 90_000 } else { 48_000 };
            if let Some(outgoing) = &mut section.outgoing {
                report.down.of(video).add(&outgoing.take_flow(clock_rate));
            }
        }
        report.down.estimate = peer.downlink().egress.estimate();
        report.rtt = peer.downlink().egress.rtt();
        if !report.period.is_zero() {
            self.report(context, key, PeerEvent::Report(Box::new(report)));
        }
    }

    /// Sends packets again that a receiver missed, out of the publication's cache.
    fn resend(&mut self, context: &mut Context<'_>, receiver: usize, ssrc: u32, list: &[u16]) {
        let peer = &mut self.peers[receiver];
        let subscriptions = &peer.subscriptions;
        let connection = peer.subscriber.as_mut().unwrap_or(&mut peer.publisher);
        let sections = peer.negotiator.sections_mut();
        let Some(index) = sections.sending(ssrc) else {
            return;
        };
        let Some(section) = sections.get_mut(index) else {
            return;
        };
        let of_section = |key: &&usize| self.subscriptions[**key].section == Some(index);
        let Some(subscription) = subscriptions.iter().find(of_section) else {
            return;
        };
        let subscription = &self.subscriptions[*subscription];
        for seq in list {
            let Some((run, source)) = section.rewriter.source_of(*seq) else {
                continue;
            };
            let Origin {
                publication,
                stream,
            } = run.origin;
            if publication != subscription.publication {
                continue;
            }
            let layer = self.publications[publication].streams.get(stream);
            let Some(packet) = layer.and_then(|layer| layer.cache.get(run.ssrc, source)) else {
                continue;
            };
            let (Some(route), Some(outgoing)) =
                (subscription.route(packet.pt), &mut section.outgoing)
            else {
                continue;
            };
            let numbers = run.number(packet);
            let retold = subscription.retold(packet, run.ceiling);
            let packet = retold.as_ref().unwrap_or(packet);
            let (egress, wire) = (&mut connection.egress, &mut context.wire());
            let (estimate, media) = (egress.estimate(), egress.media_sent());
            if !connection.repairs.allows(wire.now, estimate, media) {
                return;
            }
            if egress.resend(wire, outgoing, route.to, &numbers, packet) {
                connection.repairs.spend(packet.payload.len());
                context.out.counters.resent += 1;
            }
        }
    }
}
