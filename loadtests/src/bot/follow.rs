//! Follows the signalling of a bot: offers sections when the node needs them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use livekit_protocol as lk;
use lk::signal_request::Message as Request;
use lk::signal_response::Message as Response;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::sdp::Local;
use super::signal::{Listener, Speaker};
use crate::error::LoadError;

/// How often a client pings.
const PING: Duration = Duration::from_secs(5);

/// Why bots broke, one entry a bot. Locked for a push or a read only.
#[derive(Debug, Default)]
pub(crate) struct Broken(Mutex<Vec<String>>);

impl Broken {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// For a bot whose signalling has just ended.
    pub(crate) fn newest(&self) -> LoadError {
        let why = self.lock().last().cloned();
        LoadError::Protocol(why.unwrap_or_else(|| "the signal connection ended".to_owned()))
    }
}

/// What a bot and its follower both know. Locked for a moment, never across a wait.
pub(super) struct Shared(Mutex<State>);

struct State {
    local: Local,
    /// The newest offer's id.
    offer: u32,
    /// An offer is unanswered.
    pending: bool,
    /// The node asked for another offer meanwhile.
    again: bool,
    /// Waits for the answer to the newest offer.
    waiting: Option<oneshot::Sender<String>>,
}

impl Shared {
    pub(super) fn new(local: Local) -> Self {
        Self(Mutex::new(State {
            local,
            offer: 0,
            pending: false,
            again: false,
            waiting: None,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next answer goes to `waiting`.
    pub(super) fn await_answer(&self, waiting: oneshot::Sender<String>) {
        self.lock().waiting = Some(waiting);
    }

    /// An offer of what there is, whatever was pending.
    pub(super) fn next_offer(&self) -> Request {
        self.lock().offer()
    }

    /// The node wants sections: the offer to send now, if none is pending.
    fn require(&self, videos: u32) -> Option<Request> {
        let mut state = self.lock();
        state.local.receiving += videos;
        if state.pending {
            state.again = true;
            return None;
        }
        Some(state.offer())
    }

    /// An answer came: the offer to send now, if one was asked for meanwhile.
    fn answered(&self, id: u32, sdp: String) -> Option<Request> {
        let mut state = self.lock();
        if id != state.offer {
            return None;
        }
        state.pending = false;
        if let Some(waiting) = state.waiting.take() {
            // Who gave up waiting needs it no more.
            let _ = waiting.send(sdp);
        }
        std::mem::take(&mut state.again).then(|| state.offer())
    }
}

impl State {
    fn offer(&mut self) -> Request {
        self.offer += 1;
        self.pending = true;
        Request::Offer(lk::SessionDescription {
            r#type: "offer".to_owned(),
            sdp: self.local.offer(self.offer),
            id: self.offer,
            ..Default::default()
        })
    }
}

/// The task of a bot's signal connection.
pub(super) struct Follower {
    pub(super) speaker: Speaker,
    pub(super) listener: Listener,
    pub(super) shared: Arc<Shared>,
    pub(super) broken: Arc<Broken>,
}

impl Follower {
    /// Runs until `done` or the end of the connection, which is told.
    pub(super) async fn run(mut self, done: CancellationToken) {
        let followed = tokio::select! {
            followed = self.follow() => followed,
            () = done.cancelled() => return,
        };
        if !done.is_cancelled() {
            self.broken.lock().push(match followed {
                Ok(()) => "the node closed the signal connection".to_owned(),
                Err(error) => error.to_string(),
            });
            // Who waits for an answer waits in vain.
            self.shared.lock().waiting = None;
        }
    }

    async fn follow(&mut self) -> Result<(), LoadError> {
        let mut ping = tokio::time::interval(PING);
        loop {
            let message = tokio::select! {
                message = self.listener.next() => message?,
                _ = ping.tick() => {
                    self.speaker.say(Request::PingReq(lk::Ping::default())).await;
                    continue;
                }
            };
            let offer = match message {
                Some(Response::Answer(answer)) => self.shared.answered(answer.id, answer.sdp),
                Some(Response::MediaSectionsRequirement(needed)) => {
                    self.shared.require(needed.num_videos)
                }
                Some(Response::Leave(leave)) => return Err(LoadError::sent_away(&leave)),
                Some(_) => None,
                None => return Ok(()),
            };
            if let Some(offer) = offer {
                self.speaker.say(offer).await;
            }
        }
    }
}
