//! What receivers report, and what is sent again for it.

use super::Room;
use crate::batch::Path;
use crate::datagram::Datagram;
use crate::egress::Report;
use crate::event::PeerEvent;
use crate::node::Context;
use crate::rewrite::Origin;
use crate::routes::ConnectionKey;

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
                }
            }
        }
        self.tend_bandwidth(context, key, None);
        for_engine
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
            let (egress, wire) = (&mut connection.egress, &mut context.wire());
            if egress.resend(wire, outgoing, route.to, &numbers, packet) {
                context.out.counters.resent += 1;
            }
        }
    }
}
