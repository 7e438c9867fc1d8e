//! What each participant receives within what its network carries.

use std::ops::RangeInclusive;
use std::time::Instant;

use super::Room;
use crate::event::{LayerReason, PeerEvent};
use crate::ladder::Rung;
use crate::layers::{Choice, Claim, LayerView, Priority, ideal, share};
use crate::node::{Context, Wake};
use crate::peer::Peer;
use crate::routes::ConnectionKey;
use crate::subscription::Subscription;
use crate::{Layer, Target, TrackSid};

/// Set aside for each received audio track before video is shared out, in bits per second: what is
/// received of it and this for its headers, within bounds. A pause is no reason to give it less.
const AUDIO_HEADERS: u64 = 16_000;
const AUDIO_BITRATE: RangeInclusive<u64> = 48_000..=80_000;
/// The least of that for sound without its redundancy, which is half of it.
const BARE_AUDIO_BITRATE: u64 = 32_000;

impl Room {
    /// Chooses the layers a participant receives.
    pub(super) fn aim(&mut self, context: &mut Context<'_>, peer: usize) {
        let (mut audio, mut bare_audio) = (0, 0);
        let (mut claimants, mut claims) = (Vec::new(), Vec::new());
        let mut stopped = Vec::new();
        for &key in &self.peers[peer].subscriptions {
            let priority = self.priority(&self.subscriptions[key]);
            let subscription = &mut self.subscriptions[key];
            let publication = &self.publications[subscription.publication];
            let layers = publication.layers(context.now);
            match ideal(&layers, subscription.settings) {
                Some(ideal) if publication.is_video() => {
                    claimants.push(key);
                    claims.push(Claim {
                        layers,
                        ideal,
                        current: subscription.ladder.current.map(|r| publication.choice(r)),
                        priority,
                    });
                }
                ideal => {
                    if let (Some(ideal), false) = (ideal, publication.is_video()) {
                        let needed = audio_bitrate(&layers[ideal]);
                        audio += needed;
                        bare_audio += match subscription.can_be_bare() {
                            true => (needed / 2).max(BARE_AUDIO_BITRATE),
                            false => needed,
                        };
                    }
                    let flowed = subscription.ladder.current.is_some();
                    if flowed && ideal.is_none() && publication.is_video() {
                        subscription.reason = LayerReason::Viewer;
                        stopped.push(key);
                    }
                    if ideal.is_none() {
                        subscription.watch.rest(context.now);
                    }
                    subscription.aim(ideal.map(Rung::whole));
                }
            }
        }
        // Without an estimate everyone gets what they show.
        let estimate = self.peers[peer].downlink().egress.estimate();
        let budget = estimate.unwrap_or(u64::MAX / 2);
        let least: u64 = claims.iter().map(Claim::least).sum();
        let redundancy = &mut self.peers[peer].redundancy;
        let bare = redundancy.left_out(context.now, budget, audio + least);
        for key in &self.peers[peer].subscriptions {
            self.subscriptions[*key].bare = bare;
        }
        let spared = if bare { bare_audio } else { audio };
        let chosen = share(budget.saturating_sub(spared), &claims);
        tracing::trace!(
            peer,
            estimate,
            bare,
            ?chosen,
            ?claims,
            "Bandwidth shared out"
        );
        let egress = &mut self.peers[peer].downlink().egress;
        let desired = claims.iter().map(|c| c.layers[c.ideal].bitrate());
        // What it takes to step up to all of it, see `share`.
        egress.desire(audio + desired.sum::<u64>() * 5 / 4);
        for ((key, fits), claim) in claimants.into_iter().zip(chosen).zip(&claims) {
            if self.allot(context, key, fits, claim) {
                stopped.push(key);
            }
            self.ask_if_waiting(context, key);
        }
        for key in stopped {
            self.report_layer(context, key);
        }
    }

    /// Whoever watches is served by the new sizes at once.
    pub(super) fn set_layers(
        &mut self,
        context: &mut Context<'_>,
        peer: usize,
        track: &TrackSid,
        layers: Vec<Layer>,
    ) {
        let Some(key) = self.published_by(peer, track) else {
            return;
        };
        self.publications[key].set_layers(layers);
        for subscription in self.publications[key].subscriptions.clone() {
            let receiver = self.subscriptions[subscription].receiver;
            self.aim(context, receiver);
        }
    }

    /// Gives a video subscription its share. True when it stops flowing with it.
    fn allot(
        &mut self,
        context: &mut Context<'_>,
        key: usize,
        fits: Option<Choice>,
        claim: &Claim,
    ) -> bool {
        let publication = &self.publications[self.subscriptions[key].publication];
        let possible = publication.possible_layers(context.now);
        let subscription = &mut self.subscriptions[key];
        let shown = ideal(&possible, subscription.settings);
        subscription.reason = if fits.is_none_or(|choice| choice < Choice::full(claim.ideal)) {
            LayerReason::Bandwidth
        } else if shown.is_some_and(|shown| shown != claim.ideal) {
            LayerReason::Publisher
        } else {
            LayerReason::Viewer
        };
        let flowed = subscription.ladder.current.is_some();
        let fps = subscription.settings.fps;
        let rung = |choice| publication.at_rate(publication.rung(choice), fps);
        let (lowest, fits) = (rung(claim.lowest()), fits.map(rung));
        let told = subscription.allot(context.now, fits, lowest);
        let (paused, receiver) = (subscription.paused, subscription.receiver);
        let stops = flowed && subscription.ladder.current.is_none();
        if told {
            let track = publication.announced.sid.clone();
            let event = PeerEvent::StreamState { track, paused };
            self.report(context, receiver, event);
        }
        stops
    }

    fn priority(&self, subscription: &Subscription) -> Priority {
        let publisher = self.publications[subscription.publication].publisher;
        let sid = &self.peers[publisher].sid;
        if subscription.settings.pinned {
            Priority::Pinned
        } else if self.told_speakers.iter().any(|(speaker, _)| speaker == sid) {
            Priority::Speaker
        } else {
            Priority::Other
        }
    }

    /// Tells which layer of a video flows to its receiver now.
    pub(super) fn report_layer(&mut self, context: &mut Context<'_>, key: usize) {
        let subscription = &self.subscriptions[key];
        let publication = &self.publications[subscription.publication];
        let layers = publication.layers(context.now);
        let flows = subscription.ladder.current;
        let flows = flows.and_then(|rung| layers.get(publication.choice(rung).layer));
        let event = PeerEvent::Layer {
            track: publication.announced.sid.clone(),
            quality: flows.map(|layer| layer.quality),
            reason: subscription.reason,
        };
        self.report(context, subscription.receiver, event);
    }

    /// Lets a connection's estimate have its time and its padding. `at` is the entry in the
    /// timers that came up, if one did.
    pub(crate) fn tend_bandwidth(
        &mut self,
        context: &mut Context<'_>,
        key: ConnectionKey,
        at: Option<Instant>,
    ) {
        let now = context.now;
        let Some(connection) = self.connection(key) else {
            return;
        };
        if at.is_some() {
            if connection.bandwidth_scheduled != at {
                return;
            }
            connection.bandwidth_scheduled = None;
        }
        connection.egress.timeout(now);
        while let Some(bytes) = connection_padding(self.peers.get_mut(key.peer), key.target, now) {
            if !self.pad(context, key.peer, bytes) {
                break;
            }
        }
        let Some(connection) = self.connection(key) else {
            return;
        };
        if let Some(due) = connection.egress.deadline()
            && connection.bandwidth_scheduled.is_none_or(|at| due < at)
        {
            connection.bandwidth_scheduled = Some(due);
            context.timers.add(due, Wake::Bandwidth(key));
        }
    }

    /// Sends padding to a participant. False when nothing it receives can carry any.
    fn pad(&mut self, context: &mut Context<'_>, receiver: usize, bytes: usize) -> bool {
        let peer = &mut self.peers[receiver];
        let connection = peer.subscriber.as_mut().unwrap_or(&mut peer.publisher);
        let sections = peer.negotiator.sections_mut();
        for key in &peer.subscriptions {
            let subscription = &self.subscriptions[*key];
            let section = subscription.section.and_then(|s| sections.get_mut(s));
            let (Some(rtx), Some(section)) = (subscription.padding_type(), section) else {
                continue;
            };
            if let Some(outgoing) = &mut section.outgoing {
                let egress = &mut connection.egress;
                return egress.pad(&mut context.wire(), outgoing, rtx, bytes);
            }
        }
        false
    }
}

/// Bits per second set aside for a track of sound.
fn audio_bitrate(track: &LayerView) -> u64 {
    match track.bitrate() {
        0 => *AUDIO_BITRATE.end(),
        received => (received + AUDIO_HEADERS).clamp(*AUDIO_BITRATE.start(), *AUDIO_BITRATE.end()),
    }
}

/// Padding that a connection is to send now, in bytes.
fn connection_padding(peer: Option<&mut Peer>, target: Target, now: Instant) -> Option<usize> {
    peer?.connection(target)?.egress.padding_due(now)
}
