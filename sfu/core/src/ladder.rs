//! What of a publication flows to one receiver, and the steps from there to what shall.

use std::time::{Duration, Instant};

use crate::keyframe;
use crate::scalability::{Ceiling, Position, Rise};

/// A keyframe is asked for again when it did not come for this long.
const ASK_AGAIN: Duration = keyframe::INTERVAL.saturating_mul(2);
/// The frame rate rises without a keyframe where the encoder says it may. One is asked for when it
/// did not say so for this long.
const RISE_PATIENCE: Duration = Duration::from_secs(2);

/// One step of quality: a stream of the publication, and which of the layers inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rung {
    pub(crate) stream: usize,
    pub(crate) ceiling: Ceiling,
}

impl Rung {
    /// All of a stream.
    pub(crate) fn whole(stream: usize) -> Self {
        Self {
            stream,
            ceiling: Ceiling::NONE,
        }
    }

    /// Whether both show the same picture, maybe at different frame rates.
    pub(crate) fn is_alike(self, other: Self) -> bool {
        (self.stream, self.ceiling.spatial) == (other.stream, other.ceiling.spatial)
    }
}

/// What a received packet allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cue {
    pub(crate) stream: usize,
    pub(crate) position: Position,
    /// A decoder can begin with it.
    pub(crate) starts: bool,
    /// Nothing of its stream came before that belongs behind it.
    pub(crate) newest: bool,
    pub(crate) arrived: Instant,
}

/// Whether a packet's stream flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    Closed,
    /// Up to the ceiling.
    Open,
    /// From this packet on: the numbering starts anew behind the last one.
    Anew,
}

/// Where a subscription stands and where it is going.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ladder {
    /// What flows.
    pub(crate) current: Option<Rung>,
    /// What shall flow as soon as a decoder can follow; none to send nothing.
    pub(crate) target: Option<Rung>,
    asked: Option<Instant>,
    /// Since when packets are left out only because the frame rate could not rise yet.
    held_since: Option<Instant>,
}

impl Ladder {
    /// Takes the steps towards the target that `cue` allows, and tells whether its stream flows
    /// then.
    pub(crate) fn admits(&mut self, cue: &Cue) -> Passage {
        let Some(target) = self.target else {
            return Passage::Closed;
        };
        let flows = self.current.filter(|rung| rung.stream == target.stream);
        match flows {
            _ if cue.stream != target.stream => {}
            Some(rung) => self.climb(rung, target.ceiling, cue),
            None if cue.starts => {
                self.current = Some(target);
                self.asked = None;
                return Passage::Anew;
            }
            None => {}
        }
        match self.current {
            Some(rung) if rung.stream == cue.stream => Passage::Open,
            _ => Passage::Closed,
        }
    }

    /// Steps inside the stream that flows. A late packet tells of a moment that is over.
    fn climb(&mut self, mut rung: Rung, target: Ceiling, cue: &Cue) {
        if !cue.newest {
            return;
        }
        let before = rung.ceiling.temporal;
        rung.ceiling = moved(rung.ceiling, target, cue);
        self.current = Some(rung);
        let (temporal, of_packet) = (rung.ceiling.temporal, cue.position.temporal);
        if temporal != before {
            self.held_since = None;
        } else if temporal < of_packet && of_packet <= target.temporal {
            self.held_since.get_or_insert(cue.arrived);
        }
    }

    /// Stops the flow until the next keyframe.
    pub(crate) fn pause(&mut self) {
        self.current = None;
        self.asked = None;
    }

    /// The stream whose keyframe is awaited and to be asked for now.
    pub(crate) fn asks(&mut self, now: Instant) -> Option<usize> {
        let target = self.target?;
        let over = |since: Option<Instant>, patience| {
            since.is_some_and(|since| now.saturating_duration_since(since) >= patience)
        };
        let reached = self.current.is_some_and(|rung| {
            rung.stream == target.stream && rung.ceiling.spatial >= target.ceiling.spatial
        });
        if reached && !over(self.held_since, RISE_PATIENCE) {
            return None;
        }
        (self.asked.is_none() || over(self.asked, ASK_AGAIN)).then(|| {
            self.asked = Some(now);
            target.stream
        })
    }

    /// Sets what shall flow. True when that is a change. Until a decoder can follow, what flows
    /// goes on.
    pub(crate) fn aim(&mut self, target: Option<Rung>) -> bool {
        if self.target == target {
            return false;
        }
        self.target = target;
        self.asked = None;
        self.held_since = None;
        if target.is_none() {
            self.current = None;
        }
        true
    }
}

/// `ceiling` moved towards `target` as far as `cue` allows: anywhere at a keyframe, down at any
/// picture, the frame rate up where the encoder says so.
fn moved(mut ceiling: Ceiling, target: Ceiling, cue: &Cue) -> Ceiling {
    let position = cue.position;
    if cue.starts {
        return target;
    }
    if !position.begins {
        return ceiling;
    }
    ceiling.spatial = ceiling.spatial.min(target.spatial);
    ceiling.temporal = ceiling.temporal.min(target.temporal);
    let rises = ceiling.temporal < target.temporal;
    match position.rise {
        // One layer at a time: what lies between would be missing to the next.
        Rise::Here if rises && position.temporal == ceiling.temporal + 1 => {
            ceiling.temporal = position.temporal;
        }
        Rise::Behind if position.temporal <= ceiling.temporal => {
            ceiling.temporal = target.temporal;
        }
        _ => {}
    }
    ceiling
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;
