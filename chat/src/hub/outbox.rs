//! What waits to be written to one socket: bounded by count and bytes.
//!
//! Two budgets, so that neither starves the other: *live* messages come from the hub, which
//! never waits and closes a socket without room; *paced* ones come from the connection's own
//! task, which waits (answers, and events read for a resume).

use std::sync::Arc;

use bytes::Bytes;
use protocol::ServerMessage;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// Messages waiting in each budget at most.
const MESSAGES: usize = 128;
/// Bytes waiting in each budget at most; a larger message takes all of it.
const BYTES: usize = 512 * 1024;

/// A message as text, and its share of its budget.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) text: Bytes,
    _share: Share,
}

/// The socket does not keep up, or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// Puts messages before the writer of one socket. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    /// Has room for both budgets.
    queue: mpsc::Sender<Outgoing>,
    live: Budget,
    paced: Budget,
    state: Arc<State>,
}

#[derive(Debug, Clone)]
struct Budget {
    messages: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

#[derive(Debug)]
struct Share {
    _message: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

impl Budget {
    fn new() -> Self {
        Self {
            messages: Arc::new(Semaphore::new(MESSAGES)),
            bytes: Arc::new(Semaphore::new(BYTES)),
        }
    }

    fn take_now(&self, bytes: u32) -> Option<Share> {
        Some(Share {
            _message: Arc::clone(&self.messages).try_acquire_owned().ok()?,
            _bytes: Arc::clone(&self.bytes).try_acquire_many_owned(bytes).ok()?,
        })
    }

    async fn take(&self, bytes: u32) -> Option<Share> {
        Some(Share {
            _message: Arc::clone(&self.messages).acquire_owned().await.ok()?,
            _bytes: Arc::clone(&self.bytes)
                .acquire_many_owned(bytes)
                .await
                .ok()?,
        })
    }
}

#[derive(Debug, Default)]
struct State {
    /// Why the socket shall close; the first reason counts.
    code: std::sync::OnceLock<u16>,
    closing: CancellationToken,
    /// Rung when the hub has left something for the connection to do.
    wake: Notify,
}

impl Outbox {
    /// An empty one, and the writer's end of it.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Outgoing>) {
        let (queue, outgoing) = mpsc::channel(2 * MESSAGES);
        let this = Self {
            queue,
            live: Budget::new(),
            paced: Budget::new(),
            state: Arc::default(),
        };
        (this, outgoing)
    }

    /// Queues `text` within the live budget if there is room now.
    pub(crate) fn offer(&self, text: Bytes) -> Result<(), Full> {
        let share = self.live.take_now(size(&text)).ok_or(Full)?;
        self.enqueue(text, share)
    }

    /// Queues `text` within the paced budget, waiting for room; fails when the socket closes
    /// meanwhile.
    pub(crate) async fn push(&self, text: Bytes) -> Result<(), Full> {
        let share = self
            .state
            .closing
            .run_until_cancelled(self.paced.take(size(&text)))
            .await
            .flatten()
            .ok_or(Full)?;
        self.enqueue(text, share)
    }

    fn enqueue(&self, text: Bytes, share: Share) -> Result<(), Full> {
        let outgoing = Outgoing {
            text,
            _share: share,
        };
        // With a share there is room; it fails when the writer has ended.
        self.queue.try_send(outgoing).map_err(|_| Full)
    }

    /// Asks for the socket to be closed with `code`; the first reason counts.
    pub(crate) fn close(&self, code: u16) {
        // Closed already for an earlier reason.
        let _ = self.state.code.set(code);
        self.state.closing.cancel();
    }

    /// Resolves to the code once the socket shall close.
    pub(crate) async fn closing(&self) -> u16 {
        self.state.closing.cancelled().await;
        self.state.code.get().copied().unwrap_or(1000)
    }

    /// Tells the connection to ask the hub what there is to do.
    pub(crate) fn wake(&self) {
        self.state.wake.notify_one();
    }

    /// Resolves after [`Outbox::wake`]; no ring is lost.
    pub(crate) async fn woken(&self) {
        self.state.wake.notified().await;
    }
}

/// `message` as it is written to a socket.
pub(crate) fn to_text(message: &ServerMessage) -> Bytes {
    // Every message is made of strings, numbers and identifiers, which all serialise.
    serde_json::to_vec(message).unwrap_or_default().into()
}

fn size(text: &Bytes) -> u32 {
    u32::try_from(text.len().min(BYTES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn count_and_bytes_bound_it() {
        let (outbox, mut outgoing) = Outbox::new();
        let mut queued = 0;
        while outbox.offer(Bytes::from_static(b"x")).is_ok() {
            queued += 1;
        }
        assert_eq!(queued, MESSAGES);
        drop(outgoing.recv().await.expect("queued"));
        assert_eq!(outbox.offer(Bytes::from_static(b"x")), Ok(()));

        let (outbox, mut outgoing) = Outbox::new();
        let large = Bytes::from(vec![b'x'; 2 * BYTES]);
        assert_eq!(outbox.offer(large), Ok(()), "goes alone");
        assert_eq!(outbox.offer(Bytes::from_static(b"x")), Err(Full));
        assert_eq!(
            outbox.push(Bytes::from_static(b"x")).await,
            Ok(()),
            "has its own"
        );
        drop(outgoing.recv().await.expect("queued"));
        assert_eq!(outbox.offer(Bytes::from_static(b"x")), Ok(()));
    }

    #[tokio::test]
    async fn the_first_reason_to_close_counts_and_ends_waiting() {
        let (outbox, _outgoing) = Outbox::new();
        for _ in 0..MESSAGES {
            outbox.push(Bytes::from_static(b"x")).await.expect("room");
        }
        let waiting = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.push(Bytes::from_static(b"y")).await }
        });
        outbox.close(4401);
        outbox.close(4408);
        assert_eq!(waiting.await.expect("ran"), Err(Full));
        assert_eq!(outbox.closing().await, 4401);
    }
}
