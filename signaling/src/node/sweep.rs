//! Asking core-api who may be in the rooms.

use std::time::Duration;

use bus::command::{CoreReply, CoreRequest, RoomStatus};
use domain::VisitId;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::CoreClient;

/// Between two sweeps at least; up to a fifth is added, so that nodes do not ask in step.
const PAUSE: Duration = Duration::from_secs(5);
/// How long one answer may take; without one, the next sweep asks again.
const PATIENCE: Duration = Duration::from_secs(3);

/// An answer: the sweep's number and what it says.
pub(crate) struct Answer {
    pub(crate) generation: u64,
    pub(crate) rooms: Vec<RoomStatus>,
}

/// When to ask, and the answers. Questions run in tasks of their own, at most one sweep's worth;
/// each ends with its answer or its patience.
pub(crate) struct Sweeper {
    core: CoreClient,
    due: Instant,
    jitter: u64,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
}

impl Sweeper {
    pub(crate) fn new(core: CoreClient, seed: u64) -> Self {
        Self {
            core,
            due: Instant::now() + PAUSE,
            jitter: seed,
            // A sweep rarely has more than one question; answers beyond this are dropped, and
            // the next sweep asks again.
            answers: mpsc::channel(8),
        }
    }

    /// When the next sweep is due.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// News may have been missed: ask now.
    pub(crate) fn hurry(&mut self) {
        self.due = Instant::now();
    }

    /// Asks `questions` of sweep `generation`, and plans the next sweep.
    pub(crate) fn ask(&mut self, generation: u64, questions: Vec<Vec<VisitId>>) {
        // One step of a linear congruential generator (Knuth's MMIX): enough to spread pauses.
        self.jitter = self
            .jitter
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.due = Instant::now() + PAUSE + Duration::from_millis((self.jitter >> 33) % 1_001);
        for visits in questions {
            let (core, answers) = (self.core.clone(), self.answers.0.clone());
            tokio::spawn(async move {
                let question = CoreRequest::RoomsStatus { visits };
                if let Ok(CoreReply::RoomsStatus { rooms }) = core.call(&question, PATIENCE).await {
                    let _ = answers.try_send(Answer { generation, rooms });
                }
            });
        }
    }

    /// The next answer. Cancel safe.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        self.answers.1.recv().await
    }
}
