//! The answering end.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;
use zeromq::util::PeerIdentity;

use crate::socket::{Heard, Listener, Replier};
use crate::wire::{Frame, Kind, MAX_MESSAGE};
use crate::{BindError, BusDir, Endpoint};

/// Questions being answered at the same time at most; more are told `Busy`.
const AT_ONCE: usize = 256;

/// Answers questions until it is dropped; answers under way are then abandoned.
#[derive(Debug)]
pub struct Server {
    _task: AbortOnDropHandle<()>,
}

impl Server {
    /// Offers `endpoint`, taking it over from an earlier owner, and answers each question with
    /// `answer`, at most 256 at the same time. Starts one task, which owns one task a question.
    ///
    /// A question that cannot be read, and one whose handler panics, is not answered: the asking
    /// end times out.
    ///
    /// # Errors
    /// [`BindError`] if the socket cannot be made.
    pub async fn bind<Q, A, F, R>(
        dir: &BusDir,
        endpoint: Endpoint,
        answer: F,
    ) -> Result<Self, BindError>
    where
        Q: DeserializeOwned + Send + 'static,
        A: Serialize + Send + 'static,
        F: Fn(Q) -> R + Send + Sync + 'static,
        R: Future<Output = A> + Send + 'static,
    {
        let listener = Listener::bind(dir, endpoint).await?;
        let task = tokio::spawn(run(listener, answer));
        Ok(Self {
            _task: AbortOnDropHandle::new(task),
        })
    }
}

async fn run<Q, A, F, R>(mut listener: Listener, answer: F)
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize + Send + 'static,
    F: Fn(Q) -> R,
    R: Future<Output = A> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            heard = listener.next() => {
                // A peer that is gone needs nothing: its answers find no connection.
                let Heard::Frame(peer, frame) = heard else { continue };
                if frame.kind != Kind::Call {
                    continue;
                }
                let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
                    listener.send(&peer, Frame::bare(Kind::Busy, frame.number, 0)).await;
                    continue;
                };
                let Ok(question) = serde_json::from_slice(&frame.payload) else {
                    tracing::warn!("A request on the bus cannot be read");
                    continue;
                };
                let (work, replier) = (answer(question), listener.replier());
                answers.spawn(async move {
                    let answer = encode(&work.await);
                    send(replier, &peer, frame.number, answer).await;
                    drop(permit);
                });
            }
            Some(ended) = answers.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    tracing::error!("Answering a request on the bus panicked");
                }
            }
        }
    }
}

/// The answer as JSON; none when it cannot be sent.
fn encode<A: Serialize>(answer: &A) -> Option<Bytes> {
    serde_json::to_vec(answer)
        .ok()
        .filter(|payload| payload.len() <= MAX_MESSAGE)
        .map(Bytes::from)
}

async fn send(mut replier: Replier, peer: &PeerIdentity, number: u64, answer: Option<Bytes>) {
    let Some(payload) = answer else {
        tracing::error!("An answer cannot be sent on the bus: too large or not JSON");
        return;
    };
    // False when the asking end has gone; it knows that its question may have been answered.
    replier
        .send(peer, Frame::with(Kind::Call, number, 0, payload))
        .await;
}
