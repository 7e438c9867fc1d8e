//! The asking end.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::socket::{BEAT, Connection, Lost};
use crate::wire::{Frame, Kind, MAX_MESSAGE};
use crate::{BusDir, Endpoint};

/// Questions under way at most.
const UNDER_WAY: usize = 256;

/// A question got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Too many questions are under way, here or at the answering end. Not done.
    #[error("too many requests are under way")]
    Busy,
    /// No answer in time. Perhaps done.
    #[error("no answer in time")]
    Timeout,
    /// The answering end is not there, or went away before it answered. Perhaps done.
    #[error("the answering service is away")]
    Away,
    /// Larger than [`crate::MAX_MESSAGE`]. Not done.
    #[error("the request is larger than the bus takes")]
    TooLarge,
    /// The question or the answer could not be written or read as JSON.
    #[error("the request or its answer cannot be encoded")]
    Encoding,
}

/// Asks questions of type `Q` and gets answers of type `A`. Shared by reference.
#[derive(Debug)]
pub struct Client<Q, A> {
    questions: mpsc::Sender<Question>,
    room: Arc<Semaphore>,
    connected: watch::Receiver<bool>,
    _task: AbortOnDropHandle<()>,
    types: PhantomData<fn(Q) -> A>,
}

/// A question on its way to the task. The permit bounds how many there are, and is given back
/// only when the answer has been delivered or nobody waits for it any more.
#[derive(Debug)]
struct Question {
    payload: Bytes,
    waiting: Waiting,
}

#[derive(Debug)]
struct Waiting {
    answer: oneshot::Sender<Result<Bytes, CallError>>,
    _room: OwnedSemaphorePermit,
}

impl<Q: Serialize, A: DeserializeOwned> Client<Q, A> {
    /// Connects to `endpoint`, now or as soon as somebody offers it, and again whenever the
    /// connection breaks. Starts one task, ended by drop.
    pub fn connect(dir: &BusDir, endpoint: Endpoint) -> Self {
        let (questions, asked) = mpsc::channel(UNDER_WAY);
        let (state, connected) = watch::channel(false);
        let task = tokio::spawn(run(dir.clone(), endpoint, asked, state));
        Self {
            questions,
            room: Arc::new(Semaphore::new(UNDER_WAY)),
            connected,
            _task: AbortOnDropHandle::new(task),
            types: PhantomData,
        }
    }

    /// Asks, waiting at most `patience` for a connection and the answer together.
    ///
    /// # Errors
    /// [`CallError`]. Nothing is repeated here; that is the caller's.
    pub async fn call(&self, question: &Q, patience: Duration) -> Result<A, CallError> {
        let payload = serde_json::to_vec(question).map_err(|_| CallError::Encoding)?;
        if payload.len() > MAX_MESSAGE {
            return Err(CallError::TooLarge);
        }
        let deadline = Instant::now() + patience;
        let room = Arc::clone(&self.room)
            .try_acquire_owned()
            .map_err(|_| CallError::Busy)?;
        let mut connected = self.connected.clone();
        tokio::time::timeout_at(deadline, connected.wait_for(|connected| *connected))
            .await
            .map_err(|_| CallError::Away)?
            .map_err(|_| CallError::Away)?;
        let (answer, answered) = oneshot::channel();
        let question = Question {
            payload: payload.into(),
            waiting: Waiting {
                answer,
                _room: room,
            },
        };
        // The queue has room for every permit, so it is full only when the task is gone.
        self.questions
            .try_send(question)
            .map_err(|_| CallError::Away)?;
        let payload = tokio::time::timeout_at(deadline, answered)
            .await
            .map_err(|_| CallError::Timeout)?
            .map_err(|_| CallError::Away)??;
        serde_json::from_slice(&payload).map_err(|_| CallError::Encoding)
    }

    /// Whether the answering end is connected now, for a health check.
    pub fn is_connected(&self) -> bool {
        *self.connected.borrow()
    }
}

/// Ends when the [`Client`] is dropped.
async fn run(
    dir: BusDir,
    endpoint: Endpoint,
    mut asked: mpsc::Receiver<Question>,
    state: watch::Sender<bool>,
) {
    // Numbers go on across connections, so a late answer never meets another question.
    let mut number = 0;
    loop {
        let mut connection = Connection::dial(&dir, endpoint).await;
        state.send_replace(true);
        let end = converse(&mut connection, &mut asked, &mut number).await;
        state.send_replace(false);
        if end.is_ok() {
            return;
        }
        tracing::debug!(endpoint = endpoint.file_name(), "Lost an answering service");
    }
}

/// One connection's life. When it breaks, every question under way on it is answered `Away`:
/// dropping a sender does that.
async fn converse(
    connection: &mut Connection,
    asked: &mut mpsc::Receiver<Question>,
    number: &mut u64,
) -> Result<(), Lost> {
    let mut waiting: HashMap<u64, Waiting> = HashMap::new();
    let mut sweep = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            frame = connection.next() => {
                let frame = frame?;
                let Some(waiting) = waiting.remove(&frame.number) else {
                    continue; // Nobody waits any more.
                };
                let result = match frame.kind {
                    Kind::Call => Ok(frame.payload),
                    Kind::Busy => Err(CallError::Busy),
                    _ => return Err(Lost),
                };
                // The asking end may have run out of patience meanwhile.
                let _ = waiting.answer.send(result);
            }
            question = asked.recv() => {
                let Some(question) = question else { return Ok(()) };
                if question.waiting.answer.is_closed() {
                    continue;
                }
                *number += 1;
                waiting.insert(*number, question.waiting);
                connection
                    .send(Frame::with(Kind::Call, *number, 0, question.payload))
                    .await?;
            }
            _ = sweep.tick() => waiting.retain(|_, waiting| !waiting.answer.is_closed()),
        }
    }
}
