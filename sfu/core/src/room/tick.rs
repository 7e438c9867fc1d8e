//! What happens on its own with time: layers follow bandwidth, keyframes are asked for again,
//! speakers and demand are told.

use std::time::{Duration, Instant};

use super::{Room, Ticks};
use crate::event::{Event, PeerEvent, Speaker};
use crate::layers::ideal;
use crate::node::{Context, Wake};
use crate::{speakers, stats};

/// How often a room looks after itself.
pub(super) const INTERVAL: Duration = Duration::from_millis(200);
/// A tick later than this means that the machine stood still, and datagrams wait to be read.
const STALL: Duration = Duration::from_secs(1);

impl Room {
    /// The timer entry `at` of the room came up.
    pub(crate) fn tick(&mut self, context: &mut Context<'_>, at: Instant) {
        let Some(mut ticks) = self.ticks.filter(|ticks| ticks.next == at) else {
            return;
        };
        let elapsed = context.now.saturating_duration_since(ticks.last);
        let speakers_due = ticks.speakers.is_due(context.now);
        self.ticks = Some(Ticks {
            last: context.now,
            next: context.now + INTERVAL,
            ..ticks
        });
        let next = Wake::Room(self.index);
        context.timers.add(context.now + INTERVAL, next);

        for (_, publication) in &mut self.publications {
            publication.measure(elapsed);
        }
        let peers: Vec<usize> = self.peers.iter().map(|(key, _)| key).collect();
        for peer in peers {
            self.listen(context, peer, elapsed);
            self.aim(context, peer);
            let since = context
                .now
                .saturating_duration_since(self.peers[peer].reported);
            if since >= stats::PERIOD {
                self.report_media(context, peer);
            }
        }
        self.ask_again(context);
        self.tell_demand(context);
        if speakers_due {
            self.tell_speakers(context);
        }
    }

    /// A client that fell silent is told as lost, long before its consent expires.
    fn listen(&mut self, context: &mut Context<'_>, peer: usize, elapsed: Duration) {
        for target in self.peers[peer].targets() {
            let Some(connection) = self.peers[peer].connection(target) else {
                continue;
            };
            if elapsed > STALL {
                connection.hearing.excuse(context.now);
            } else if connection.up && connection.hearing.falls_silent(context.now) {
                self.lost(context, peer, target);
            }
        }
    }

    /// Keyframes that were held back or did not come.
    fn ask_again(&mut self, context: &mut Context<'_>) {
        let mut held_back = Vec::new();
        for (key, publication) in &self.publications {
            let streams = publication.streams.iter().enumerate();
            let waiting = streams.filter(|(_, stream)| stream.keyframes.holds_back());
            held_back.extend(waiting.map(|(index, _)| (key, index)));
        }
        for (key, stream) in held_back {
            self.request_held_back(context, key, stream);
        }
    }

    /// What viewers want of each video track goes to its publisher (dynacast).
    fn tell_demand(&mut self, context: &mut Context<'_>) {
        let mut told = Vec::new();
        for (_, publication) in &mut self.publications {
            if !publication.is_video() || publication.section.is_none() {
                continue;
            }
            let layers = publication.possible_layers(context.now);
            let wanted = publication
                .subscriptions
                .iter()
                .filter_map(|key| ideal(&layers, self.subscriptions[*key].settings))
                .map(|layer| layers[layer].quality)
                .max();
            if let Some(quality) = publication.demand.update(context.now, wanted)
                && let Some(section) = &publication.section
            {
                let codec = section.mime.trim_start_matches("video/");
                let event = PeerEvent::Wanted {
                    track: publication.announced.sid.clone(),
                    codec: codec.to_ascii_lowercase(),
                    quality,
                };
                told.push((publication.publisher, event));
            }
        }
        for (publisher, event) in told {
            self.report(context, publisher, event);
        }
    }

    fn tell_speakers(&mut self, context: &mut Context<'_>) {
        let mut speakers: Vec<Speaker> = Vec::new();
        for (_, publication) in &mut self.publications {
            if publication.is_video() {
                continue;
            }
            let level = publication.loudness.settle();
            if level <= 0.0 {
                continue;
            }
            let participant = self.peers[publication.publisher].sid.clone();
            match speakers.iter_mut().find(|s| s.participant == participant) {
                Some(known) => known.level = known.level.max(level),
                None => speakers.push(Speaker { participant, level }),
            }
        }
        speakers.sort_by(|a, b| b.level.total_cmp(&a.level));
        let steps: Vec<_> = speakers
            .iter()
            .map(|s| (s.participant.clone(), speakers::step(s.level)))
            .collect();
        if steps != self.told_speakers {
            self.told_speakers = steps;
            context.out.events.push_back(Event::Speakers {
                room: self.name.clone(),
                speakers,
            });
        }
    }
}
