//! The link between signaling and its SFU: one ordered stream each way that either delivers
//! everything or tells both ends that it broke.
//!
//! signaling connects ([`LinkClient`]), the SFU listens ([`LinkServer`]). A link begins with
//! [`LinkEvent::Up`] and ends with [`LinkEvent::Reset`], on both sides; between the two, every
//! message arrives once and in order. After a reset the client connects again by itself.
//! A [`LinkSender`] belongs to one link: what was meant for an old link never enters a new one.
//!
//! On the wire: `Hello{epoch}` → `Ready{epoch, hello}`, then numbered messages; each side
//! acknowledges what its consumer has taken, so that what is under way is bounded, and beats
//! every second. A hole in the numbers, ten seconds of silence, a closed socket, a full queue
//! or a second `Hello` reset the link.

mod client;
mod flow;
mod server;
mod stream;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::MAX_MESSAGE;

pub use client::LinkClient;
pub use server::LinkServer;

/// Messages waiting to be sent at most; one more resets the link.
const QUEUE: usize = 8_192;
/// Bytes waiting to be sent at most; more reset the link.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// Events waiting for the consumer at most; then the other side is not acknowledged.
const EVENTS: usize = 256;

/// What happens on a link. `Out` is what this side sends, `In` what it receives.
#[derive(Debug)]
pub enum LinkEvent<Out, In> {
    /// A link has begun.
    Up {
        /// The other side's value for this life of it.
        epoch: u64,
        /// Sends on this link, and on no other.
        sender: LinkSender<Out>,
    },
    /// The other side sent this.
    Message(In),
    /// The link has ended; what was sent and not answered may be lost, and everything that
    /// belonged to the link must be forgotten. Follows every `Up`.
    Reset(ResetReason),
}

/// Why a link ended. For the log; every reason is treated alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetReason {
    /// The connection closed: the other side stopped or restarted.
    Closed,
    /// Nothing was heard for ten seconds.
    Silent,
    /// The other side gave the link up, or began another.
    ByPeer,
    /// The queue was full: the other side does not keep up.
    Overflow,
    /// A message was missing, unreadable or out of order.
    Broken,
}

impl fmt::Display for ResetReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the connection closed",
            Self::Silent => "the other side fell silent",
            Self::ByPeer => "the other side gave up the link",
            Self::Overflow => "the queue was full",
            Self::Broken => "a message was missing or unreadable",
        })
    }
}

/// A message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The link has ended, or ends by this message because the queue is full; a
    /// [`LinkEvent::Reset`] follows or was given.
    #[error("the link is down")]
    Down,
    /// Larger than [`crate::MAX_MESSAGE`] or not encodable. The link goes on without it.
    #[error("the message is larger than the link takes")]
    TooLarge,
}

/// Sends on one link. Cheap to clone; never waits.
pub struct LinkSender<Out> {
    queue: mpsc::Sender<Queued>,
    budget: Arc<Semaphore>,
    /// Cancelled when the queue overflows; the task then resets the link.
    overflow: CancellationToken,
    message: PhantomData<fn(Out)>,
}

/// An encoded message with its share of the byte budget.
#[derive(Debug)]
struct Queued {
    payload: Bytes,
    _bytes: OwnedSemaphorePermit,
}

/// The task's end of a [`LinkSender`].
#[derive(Debug)]
struct Outgoing {
    queue: mpsc::Receiver<Queued>,
    overflow: CancellationToken,
}

impl<Out> LinkSender<Out> {
    /// A sender for a new link and the task's end of it.
    fn new() -> (Self, Outgoing) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let overflow = CancellationToken::new();
        let this = Self {
            queue: sender,
            budget: Arc::new(Semaphore::new(QUEUE_BYTES)),
            overflow: overflow.clone(),
            message: PhantomData,
        };
        (this, Outgoing { queue, overflow })
    }
}

impl<Out: Serialize> LinkSender<Out> {
    /// How many messages wait to be sent, of 8,192 at most: a sender of much may wait for less.
    pub fn queued(&self) -> usize {
        QUEUE - self.queue.capacity()
    }

    /// Queues `message` behind everything sent before.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn send(&self, message: &Out) -> Result<(), LinkError> {
        let payload = postcard::to_stdvec(message).map_err(|_| LinkError::TooLarge)?;
        if payload.len() > MAX_MESSAGE {
            return Err(LinkError::TooLarge);
        }
        if self.overflow.is_cancelled() {
            return Err(LinkError::Down);
        }
        self.enqueue(payload.into()).ok_or_else(|| {
            self.overflow.cancel();
            LinkError::Down
        })
    }

    fn enqueue(&self, payload: Bytes) -> Option<()> {
        let share = u32::try_from(payload.len()).ok()?;
        let bytes = Arc::clone(&self.budget)
            .try_acquire_many_owned(share)
            .ok()?;
        let queued = Queued {
            payload,
            _bytes: bytes,
        };
        self.queue.try_send(queued).ok()
    }
}

impl<Out> Clone for LinkSender<Out> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            budget: Arc::clone(&self.budget),
            overflow: self.overflow.clone(),
            message: PhantomData,
        }
    }
}

impl<Out> fmt::Debug for LinkSender<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSender")
    }
}
