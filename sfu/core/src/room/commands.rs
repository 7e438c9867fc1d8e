//! What signalling orders.

use std::sync::Arc;

use super::{Room, Ticks};
use crate::command::{Action, Connections, MediaKind, PublishTrack, TrackSettings};
use crate::node::{Context, Wake};
use crate::peer::{May, Peer};
use crate::publication::Publication;
use crate::routes::ConnectionKey;
use crate::speakers::Cadence;
use crate::stream::Stream;
use crate::subscription::Subscription;
use crate::{ParticipantSid, Target, TrackSid};

impl Room {
    pub(crate) fn command(
        &mut self,
        context: &mut Context<'_>,
        participant: &ParticipantSid,
        action: Action,
    ) {
        let known = self.by_sid.get(participant).copied();
        let Some(peer) = known else {
            if let Action::Open {
                identity,
                connections,
                publish,
                publish_data,
            } = action
            {
                let may = May {
                    publish,
                    publish_data,
                };
                self.open(context, participant, identity, connections, may);
            }
            return;
        };
        match action {
            // A participant's session is opened once; its sid is unique for ever.
            Action::Open { .. } => {}
            Action::Offer { id, sdp } => self.offered(context, peer, id, &sdp),
            Action::Answer { id, sdp } => self.answered(context, peer, id, &sdp),
            Action::Publish(track) => self.publish(context, peer, track),
            Action::Unpublish { track } => self.unpublish_track(context, peer, &track),
            Action::SetMuted { track, muted } => self.set_muted(context, peer, &track, muted),
            Action::SetLayers { track, layers } => self.set_layers(context, peer, &track, layers),
            Action::Subscribe { publisher, track } => {
                self.subscribe(context, peer, &publisher, &track);
            }
            Action::Unsubscribe { track } => self.unsubscribe_track(context, peer, &track),
            Action::TrackSettings { track, settings } => {
                self.set_track_settings(context, peer, &track, settings);
            }
            Action::Resume => self.resume(context, peer),
            Action::Close => self.close(context, peer),
        }
    }

    fn open(
        &mut self,
        context: &mut Context<'_>,
        sid: &ParticipantSid,
        identity: Arc<str>,
        connections: Connections,
        may: May,
    ) {
        let now = context.now;
        let peer = Peer::new(now, sid.clone(), identity, connections, may, || {
            context.connection()
        });
        let key = self.peers.insert(peer);
        self.by_sid.insert(sid.clone(), key);
        for target in self.peers[key].targets() {
            self.learn_ufrag(context, key, target);
            self.touch(key, target);
        }
        if self.ticks.is_none() {
            let now = context.now;
            let next = now + super::tick::INTERVAL;
            context.timers.add(next, Wake::Room(self.index));
            self.ticks = Some(Ticks {
                last: now,
                next,
                speakers: Cadence::new(now),
            });
        }
        self.advance(context, key);
    }

    fn close(&mut self, context: &mut Context<'_>, key: usize) {
        self.report_media(context, key);
        for publication in std::mem::take(&mut self.peers[key].publications) {
            self.unpublish(context, publication);
        }
        for subscription in std::mem::take(&mut self.peers[key].subscriptions) {
            self.drop_subscription(context, subscription);
        }
        let mut peer = self.peers.remove(key);
        self.by_sid.remove(&peer.sid);
        for target in peer.targets() {
            context.routes.remove(ConnectionKey {
                room: self.index,
                peer: key,
                target,
            });
            if let Some(connection) = peer.connection(target) {
                connection.transport.close();
                connection.drain(&mut context.out.batch, &mut Vec::new());
            }
        }
        self.touched.retain(|(touched, _)| *touched != key);
        let room = self.index;
        context.timers.retain(
            |wake| !matches!(wake, Wake::Connection(of) | Wake::Bandwidth(of) if of.room == room && of.peer == key),
        );
    }

    fn publish(&mut self, context: &mut Context<'_>, peer: usize, track: PublishTrack) {
        if !self.peers[peer].may.publish || self.by_track.contains_key(&track.sid) {
            return;
        }
        let sid = track.sid.clone();
        let key = self
            .publications
            .insert(Publication::new(context.now, track, peer));
        self.by_track.insert(sid, key);
        self.peers[peer].publications.push(key);
        self.match_publications(context, peer);
    }

    pub(super) fn unpublish_track(
        &mut self,
        context: &mut Context<'_>,
        peer: usize,
        track: &TrackSid,
    ) {
        let Some(key) = self.published_by(peer, track) else {
            return;
        };
        self.peers[peer].publications.retain(|p| *p != key);
        self.unpublish(context, key);
    }

    /// Removes a publication that its publisher no longer lists.
    fn unpublish(&mut self, context: &mut Context<'_>, key: usize) {
        let mut publication = self.publications.remove(key);
        let flow = publication.take_flow(context.now);
        if let Some(peer) = self.peers.get_mut(publication.publisher) {
            peer.tally.up.of(publication.is_video()).add(&flow);
        }
        self.by_track.remove(&publication.announced.sid);
        for subscription in publication.subscriptions {
            let mut ended = self.subscriptions.remove(subscription);
            let receiver = ended.receiver;
            let peer = &mut self.peers[receiver];
            let flow = ended.watch.take(context.now);
            let video = publication.announced.kind == MediaKind::Video;
            peer.tally.down.of(video).add(&flow);
            peer.subscriptions.retain(|s| *s != subscription);
            peer.negotiator.unwant(&publication.announced.sid);
            self.advance(context, receiver);
        }
    }

    fn set_muted(&mut self, context: &mut Context<'_>, peer: usize, track: &TrackSid, muted: bool) {
        let Some(key) = self.published_by(peer, track) else {
            return;
        };
        let publication = &mut self.publications[key];
        if std::mem::replace(&mut publication.muted, muted) == muted {
            return;
        }
        publication.loudness.silence();
        publication
            .streams
            .iter_mut()
            .for_each(Stream::forget_group);
        publication.watch.rest(context.now);
        for subscription in publication.subscriptions.clone() {
            self.subscriptions[subscription].ladder.pause();
            self.subscriptions[subscription].watch.rest(context.now);
            if !muted {
                self.ask_if_waiting(context, subscription);
            }
        }
    }

    fn subscribe(
        &mut self,
        context: &mut Context<'_>,
        receiver: usize,
        publisher: &ParticipantSid,
        track: &TrackSid,
    ) {
        let Some(&key) = self.by_track.get(track) else {
            return;
        };
        let publication = &mut self.publications[key];
        let of = &self.peers[publication.publisher].sid;
        let duplicate = publication
            .subscriptions
            .iter()
            .any(|s| self.subscriptions[*s].receiver == receiver);
        if of != publisher || publication.publisher == receiver || duplicate {
            return;
        }
        let (kind, source) = (publication.announced.kind, publication.announced.source);
        let subscription = self.subscriptions.insert(Subscription::new(key, receiver));
        publication.subscriptions.push(subscription);
        let peer = &mut self.peers[receiver];
        peer.subscriptions.push(subscription);
        peer.negotiator.want(publisher, track, kind, source);
        self.advance(context, receiver);
    }

    fn unsubscribe_track(&mut self, context: &mut Context<'_>, peer: usize, track: &TrackSid) {
        let Some(subscription) = self.subscription_of(peer, track) else {
            return;
        };
        let peer_state = &mut self.peers[peer];
        peer_state.subscriptions.retain(|s| *s != subscription);
        peer_state.negotiator.unwant(track);
        self.drop_subscription(context, subscription);
        self.advance(context, peer);
    }

    /// Removes a subscription that its receiver no longer lists.
    fn drop_subscription(&mut self, context: &Context<'_>, key: usize) {
        let mut subscription = self.subscriptions.remove(key);
        if let Some(publication) = self.publications.get_mut(subscription.publication) {
            publication.subscriptions.retain(|s| *s != key);
            let flow = subscription.watch.take(context.now);
            let peer = &mut self.peers[subscription.receiver];
            peer.tally.down.of(publication.is_video()).add(&flow);
        }
    }

    fn set_track_settings(
        &mut self,
        context: &mut Context<'_>,
        peer: usize,
        track: &TrackSid,
        settings: TrackSettings,
    ) {
        if let Some(subscription) = self.subscription_of(peer, track) {
            self.subscriptions[subscription].settings = settings;
            self.aim(context, peer);
        }
    }

    fn resume(&mut self, context: &mut Context<'_>, peer: usize) {
        if let Some(step) = self.peers[peer].negotiator.resume() {
            self.tell(context, peer, step);
        }
        self.advance(context, peer);
        self.refresh_pictures(context, peer);
    }

    pub(super) fn published_by(&self, peer: usize, track: &TrackSid) -> Option<usize> {
        let key = *self.by_track.get(track)?;
        (self.publications[key].publisher == peer).then_some(key)
    }

    fn subscription_of(&self, peer: usize, track: &TrackSid) -> Option<usize> {
        let publication = *self.by_track.get(track)?;
        let mut subscriptions = self.peers[peer].subscriptions.iter().copied();
        subscriptions.find(|s| self.subscriptions[*s].publication == publication)
    }

    /// Makes the connection findable by its present ufrag.
    pub(super) fn learn_ufrag(&mut self, context: &mut Context<'_>, peer: usize, target: Target) {
        if let Some(connection) = self.peers[peer].connection(target) {
            let key = ConnectionKey {
                room: self.index,
                peer,
                target,
            };
            context.routes.set_ufrag(key, connection.transport.ufrag());
        }
    }
}
