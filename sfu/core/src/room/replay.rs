//! Receivers that catch up with a video from its last keyframe on.

use std::time::Instant;

use super::Room;
use super::media::pass;
use crate::ladder::Cue;
use crate::node::{Context, Wake};
use crate::replay::{Group, MOST_BEHIND, Replay, STEP, bytes_a_step};
use crate::run::Origin;

impl Room {
    /// Begins a video with the keyframe in the cache, if its receiver waits for one and this one
    /// will do. False when a new one is needed.
    pub(super) fn begin_replay(&mut self, context: &mut Context<'_>, key: usize) -> bool {
        if self.subscriptions[key].replay.is_some() {
            return true;
        }
        let Some((stream, group)) = self.group_for(context.now, key) else {
            return false;
        };
        tracing::debug!(subscription = key, stream, "Begins from the cache");
        self.subscriptions[key].replay = Some(Replay {
            stream,
            ssrc: group.ssrc,
            next: group.first,
            due: context.now,
        });
        self.replay(context, key);
        true
    }

    /// The timer entry `at` of a receiver that catches up came up.
    pub(crate) fn go_on_replaying(&mut self, context: &mut Context<'_>, key: usize, at: Instant) {
        let replay = self.subscriptions.get(key).and_then(|s| s.replay);
        if replay.is_some_and(|replay| replay.due == at) {
            self.replay(context, key);
        }
    }

    /// The stream a subscription waits for, and the group it may begin with.
    fn group_for(&mut self, now: Instant, key: usize) -> Option<(usize, Group)> {
        let subscription = &self.subscriptions[key];
        let publication = &self.publications[subscription.publication];
        let ladder = &subscription.ladder;
        if publication.muted || !publication.is_video() || ladder.current.is_some() {
            return None;
        }
        let stream = ladder.target?.stream;
        let group = publication.streams.get(stream)?.group(now)?;
        let (connection, negotiator) = self.peers[subscription.receiver].downlink_parts();
        let section = negotiator.sections().get(subscription.section?)?;
        // Pictures from before the last one sent would turn its clock back.
        let forward = section
            .rewriter
            .last_at()
            .is_none_or(|at| at <= group.arrived);
        (connection.open && section.outgoing.is_some() && forward).then_some((stream, group))
    }

    /// Sends what is due of what a receiver is behind, and what was received meanwhile.
    fn replay(&mut self, context: &mut Context<'_>, key: usize) {
        let receiver = self.subscriptions[key].receiver;
        let peer = &mut self.peers[receiver];
        let estimate = peer.downlink().egress.estimate();
        let behind = peer.subscriptions.iter();
        let behind = behind.filter(|of| self.subscriptions[**of].replay.is_some());
        let mut left = bytes_a_step(estimate, behind.count() as u64);
        let before = self.subscriptions[key].ladder.current;
        loop {
            match self.replay_packet(context, key) {
                Some(bytes) if bytes < left => left -= bytes,
                Some(_) => {
                    let due = context.now + STEP;
                    if let Some(replay) = &mut self.subscriptions[key].replay {
                        replay.due = due;
                        context.timers.add(due, Wake::Replay(self.index, key));
                    }
                    break;
                }
                None => {
                    self.subscriptions[key].replay = None;
                    break;
                }
            }
        }
        if self.subscriptions[key].ladder.current.is_some() && before.is_none() {
            self.report_layer(context, key);
        }
    }

    /// Sends the next packet of a replay; its bytes, or none when the receiver has caught up or
    /// shall get something else.
    fn replay_packet(&mut self, context: &mut Context<'_>, key: usize) -> Option<u64> {
        let subscription = &mut self.subscriptions[key];
        let replay = subscription.replay.as_mut()?;
        let publication = &self.publications[subscription.publication];
        let stream = publication.streams.get(replay.stream)?;
        let wanted = subscription.ladder.target?.stream == replay.stream;
        let newest = stream.newest_of(replay.ssrc)?;
        let behind = (newest + 1).checked_sub(replay.next)?;
        if !wanted || publication.muted || !(1..=MOST_BEHIND).contains(&behind) {
            return None;
        }
        let seq = replay.next;
        replay.next += 1;
        let Some(packet) = stream.cache.get(replay.ssrc, seq) else {
            // It is asked for again where it was lost, and goes when it comes.
            return Some(0);
        };
        let cue = Cue {
            stream: replay.stream,
            position: packet.position,
            starts: publication.starts(packet),
            newest: true,
            arrived: packet.arrived,
        };
        let origin = Origin {
            publication: subscription.publication,
            stream: replay.stream,
        };
        let receiver = &mut self.peers[subscription.receiver];
        if pass(context, subscription, receiver, origin, &cue, packet) {
            context.out.counters.forwarded += 1;
            subscription.watch.flows(context.now);
        }
        Some(packet.payload.len() as u64)
    }
}
