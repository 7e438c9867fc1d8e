//! Offers and answers, and what they bind.

use super::Room;
use crate::event::PeerEvent;
use crate::negotiator::{Accepted, Step, Uplink};
use crate::node::Context;
use crate::publication::Publication;
use crate::transport::Refusal;
use crate::{MediaKind, Target, TrackSid};

impl Room {
    /// The client offers its publisher connection, or the single one.
    pub(super) fn offered(&mut self, context: &mut Context<'_>, key: usize, id: u32, sdp: &str) {
        let publications = &self.publications;
        let peer = &mut self.peers[key];
        let preferred = |cid: &str, kind: MediaKind| {
            let own = || peer.publications.iter().map(|p| &publications[*p]);
            let named = own().find(|publication| publication.announced.cid == cid);
            // As in `uplink_for`: whose section it is when no announcement names it.
            let waits = |p: &&Publication| p.announced.kind == kind && p.section.is_none();
            named
                .or_else(|| own().find(waits))
                .map_or_else(Vec::new, |p| p.announced.preferred_codecs.clone())
        };
        let uplink = &mut peer.publisher.transport;
        let accepted = peer
            .negotiator
            .accept(uplink, sdp, preferred, context.random);
        self.touch(key, Target::Publisher);
        let accepted = match accepted {
            Ok(accepted) => accepted,
            Err(refusal) => return self.fail(context, key, &refusal),
        };
        self.learn_ufrag(context, key, Target::Publisher);
        let Accepted {
            answer,
            mid_to_track,
            uplinks,
            bound,
        } = accepted;
        self.peers[key].uplinks = uplinks;
        self.report(
            context,
            key,
            PeerEvent::Answer {
                id,
                sdp: answer,
                mid_to_track,
            },
        );
        self.match_publications(context, key);
        self.rebind(context, key, &bound);
        self.advance(context, key);
    }

    /// The client answers the offer of the subscriber connection.
    pub(super) fn answered(&mut self, context: &mut Context<'_>, key: usize, id: u32, sdp: &str) {
        let peer = &mut self.peers[key];
        let Some(subscriber) = &mut peer.subscriber else {
            return;
        };
        let answered = peer.negotiator.answered(&mut subscriber.transport, id, sdp);
        self.touch(key, Target::Subscriber);
        match answered {
            Ok(bound) => {
                self.learn_ufrag(context, key, Target::Subscriber);
                self.rebind(context, key, &bound);
                self.advance(context, key);
            }
            Err(refusal) => self.fail(context, key, &refusal),
        }
    }

    /// Takes the next step of negotiation with a participant, if there is one.
    pub(super) fn advance(&mut self, context: &mut Context<'_>, key: usize) {
        let target = self.peers[key].downlink_target();
        let step = self.peers[key].advance(context.random);
        self.touch(key, target);
        match step {
            Ok(Some(step)) => self.tell(context, key, step),
            Ok(None) => {}
            Err(refusal) => self.fail(context, key, &refusal),
        }
    }

    pub(super) fn tell(&self, context: &mut Context<'_>, key: usize, step: Step) {
        let event = match step {
            Step::Offer {
                id,
                sdp,
                mid_to_track,
            } => PeerEvent::Offer {
                id,
                sdp,
                mid_to_track,
            },
            Step::SectionsNeeded { audios, videos } => PeerEvent::SectionsNeeded { audios, videos },
        };
        self.report(context, key, event);
    }

    fn fail(&self, context: &mut Context<'_>, key: usize, refusal: &Refusal) {
        let reason = refusal.to_string();
        self.report(context, key, PeerEvent::Failed { reason });
    }

    /// Brings the announced tracks of a participant together with the sections it sends in. A
    /// track that had a section and lost it is over: clients say so in no other way.
    pub(super) fn match_publications(&mut self, context: &mut Context<'_>, key: usize) {
        for publication in self.peers[key].publications.clone() {
            let uplink = self.uplink_for(key, publication);
            let before = self.publications[publication].section.clone();
            match uplink {
                Some(uplink) => {
                    let payloads = self.peers[key].publisher.transport.payloads(uplink.mid);
                    self.publications[publication].bind(uplink, payloads);
                }
                None if before.is_none() => {}
                None => {
                    let track = self.publications[publication].announced.sid.clone();
                    self.unpublish_track(context, key, &track);
                    self.report(context, key, PeerEvent::Unpublished { track });
                    continue;
                }
            }
            for subscription in self.publications[publication].subscriptions.clone() {
                self.reroute(subscription);
            }
            let now_bound = &self.publications[publication].section;
            if *now_bound != before
                && let Some(section) = now_bound
            {
                let event = PeerEvent::Published {
                    track: self.publications[publication].announced.sid.clone(),
                    mid: section.mid.to_string(),
                    mime: section.mime.clone(),
                    rids: section.rids.clone(),
                };
                self.report(context, key, event);
            }
        }
    }

    /// The section of an announced track: the one with its track id. A section with an id that
    /// nobody announced (Firefox makes up ids for its SDP) or with none is taken by the first
    /// announcement of its kind that has no section.
    fn uplink_for(&self, key: usize, publication: usize) -> Option<Uplink> {
        let peer = &self.peers[key];
        let this = &self.publications[publication];
        let others = || {
            let all = peer.publications.iter().filter(|p| **p != publication);
            all.map(|p| &self.publications[*p])
        };
        let free = |uplink: &&Uplink| {
            others().all(|other| {
                other.mid() != Some(uplink.mid) && uplink.cid.as_ref() != Some(&other.announced.cid)
            })
        };
        let of_kind = || {
            let all = peer.uplinks.iter();
            all.filter(|uplink| uplink.kind == this.announced.kind)
        };
        let named = || of_kind().find(|uplink| uplink.cid.as_ref() == Some(&this.announced.cid));
        let held = || of_kind().find(|uplink| this.mid() == Some(uplink.mid) && free(uplink));
        let found = named().or_else(held).or_else(|| of_kind().find(free));
        found.cloned()
    }

    /// After a negotiation of the connection a participant receives on: its subscriptions learn
    /// their sections and payload types. `bound` are the tracks that are new there.
    fn rebind(&mut self, context: &mut Context<'_>, key: usize, bound: &[TrackSid]) {
        let (connection, negotiator) = self.peers[key].downlink_parts();
        let transport = &mut connection.transport;
        negotiator.sections_mut().agree(|mid| transport.agreed(mid));
        for subscription in self.peers[key].subscriptions.clone() {
            let publication = self.subscriptions[subscription].publication;
            let track = self.publications[publication].announced.sid.clone();
            let section = self.peers[key].negotiator.sections().bound(&track);
            self.subscriptions[subscription].section = section;
            self.reroute(subscription);
            if bound.contains(&track) {
                self.report(context, key, PeerEvent::Subscribed { track });
            }
        }
        self.aim(context, key);
    }

    /// Computes the payload types of a subscription from both ends.
    fn reroute(&mut self, key: usize) {
        let subscription = &mut self.subscriptions[key];
        let peer = &mut self.peers[subscription.receiver];
        let (connection, negotiator) = peer.downlink_parts();
        let section = subscription
            .section
            .and_then(|s| negotiator.sections().get(s));
        if let Some(section) = section {
            let published = &self.publications[subscription.publication];
            subscription.reroute(published, &connection.transport, section.mid);
        }
    }
}
