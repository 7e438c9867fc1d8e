//! One to many. A message may be missed by a receiver that is away or too slow, never by the
//! memory of the sender: what is queued and what is under way to each receiver is bounded.

use std::collections::{HashMap, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use zeromq::util::PeerIdentity;

use crate::socket::{BEAT, Heard, Listener, SILENCE};
use crate::wire::{Frame, Kind, MAX_MESSAGE};
use crate::{BindError, BusDir, Endpoint};

/// Messages waiting to be sent at most.
const QUEUE: usize = 8_192;
/// Bytes waiting to be sent at most.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;
/// Messages under way to one receiver at most; more are withheld from it.
const WINDOW: usize = 1_024;
/// Bytes under way to one receiver at most.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;

/// A message was not published. Receivers are told that they missed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Larger than [`crate::MAX_MESSAGE`]; receivers are not told, since nobody could get it.
    #[error("the message is larger than the bus takes")]
    TooLarge,
    /// The queue before the socket is full.
    #[error("the publisher's queue is full")]
    Full,
    /// The message cannot be written as JSON.
    #[error("the message cannot be encoded")]
    Encoding,
}

/// Sends each message to every connected [`crate::Subscriber`]. Dropping it ends the endpoint.
#[derive(Debug)]
pub struct Publisher<T> {
    queue: mpsc::Sender<Queued>,
    budget: Arc<Semaphore>,
    /// A message was lost before the socket; the task tells the receivers.
    lost: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
    message: PhantomData<fn(T)>,
}

/// A message in the queue with its share of the byte budget.
#[derive(Debug)]
struct Queued {
    payload: Bytes,
    _bytes: OwnedSemaphorePermit,
}

impl<T: Serialize> Publisher<T> {
    /// Offers `endpoint`, taking it over from an earlier owner. Starts one task, ended by drop.
    ///
    /// # Errors
    /// [`BindError`] if the socket cannot be made.
    pub async fn bind(dir: &BusDir, endpoint: Endpoint) -> Result<Self, BindError> {
        let listener = Listener::bind(dir, endpoint).await?;
        let (queue, queued) = mpsc::channel(QUEUE);
        let lost = Arc::new(AtomicBool::new(false));
        let fan_out = FanOut {
            listener,
            receivers: HashMap::new(),
        };
        let task = tokio::spawn(fan_out.run(queued, Arc::clone(&lost)));
        Ok(Self {
            queue,
            budget: Arc::new(Semaphore::new(QUEUE_BYTES)),
            lost,
            _task: AbortOnDropHandle::new(task),
            message: PhantomData,
        })
    }

    /// Queues `message` for every receiver connected now. Never waits.
    ///
    /// # Errors
    /// [`PublishError`]; the message is then lost to receivers, who must read it elsewhere.
    pub fn publish(&self, message: &T) -> Result<(), PublishError> {
        let payload = serde_json::to_vec(message).map_err(|_| PublishError::Encoding)?;
        if payload.len() > MAX_MESSAGE {
            return Err(PublishError::TooLarge);
        }
        self.enqueue(payload.into())
            .inspect_err(|_| self.lost.store(true, Ordering::Release))
    }

    fn enqueue(&self, payload: Bytes) -> Result<(), PublishError> {
        let full = |_| PublishError::Full;
        // Fits: a payload is at most MAX_MESSAGE bytes.
        let share = u32::try_from(payload.len()).map_err(|_| PublishError::TooLarge)?;
        let bytes = Arc::clone(&self.budget)
            .try_acquire_many_owned(share)
            .map_err(full)?;
        let queued = Queued {
            payload,
            _bytes: bytes,
        };
        self.queue.try_send(queued).map_err(|_| PublishError::Full)
    }
}

/// The task behind a [`Publisher`]: owns the socket and the state of every receiver.
struct FanOut {
    listener: Listener,
    receivers: HashMap<PeerIdentity, Receiver>,
}

impl FanOut {
    async fn run(mut self, mut queued: mpsc::Receiver<Queued>, lost: Arc<AtomicBool>) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                heard = self.listener.next() => self.heard(heard).await,
                next = queued.recv() => {
                    let Some(next) = next else { return };
                    if lost.swap(false, Ordering::AcqRel) {
                        self.receivers.values_mut().for_each(Receiver::withhold);
                    }
                    self.fan_out(&next.payload).await;
                }
                _ = beat.tick() => {
                    if lost.swap(false, Ordering::AcqRel) {
                        self.receivers.values_mut().for_each(Receiver::withhold);
                    }
                    self.beat(Instant::now()).await;
                }
            }
        }
    }

    async fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Frame(peer, frame) if frame.kind == Kind::Hello => {
                self.receivers
                    .insert(peer.clone(), Receiver::new(Instant::now()));
                self.listener
                    .send(&peer, Frame::bare(Kind::Welcome, 0, 0))
                    .await;
            }
            Heard::Frame(peer, frame) => {
                if let Some(receiver) = self.receivers.get_mut(&peer) {
                    receiver.acknowledged(frame.ack, Instant::now());
                }
            }
            Heard::Gone(peer) => {
                self.receivers.remove(&peer);
            }
        }
    }

    async fn fan_out(&mut self, payload: &Bytes) {
        let mut gone = Vec::new();
        for (peer, receiver) in &mut self.receivers {
            let Some(number) = receiver.offer(payload.len()) else {
                continue;
            };
            let frame = Frame::with(Kind::Data, number, 0, payload.clone());
            if !self.listener.send(peer, frame).await {
                gone.push(peer.clone());
            }
        }
        for peer in gone {
            self.receivers.remove(&peer);
        }
    }

    /// Tells everyone the number reached, so that a withheld last message is noticed, and cuts
    /// those who have been silent for [`SILENCE`].
    async fn beat(&mut self, now: Instant) {
        let mut gone = Vec::new();
        for (peer, receiver) in &mut self.receivers {
            if now.duration_since(receiver.heard) > SILENCE {
                gone.push(peer.clone());
            } else if receiver.has_room() {
                // A stalled receiver gets no beats either: they would pile up in its queue.
                let frame = Frame::bare(Kind::Beat, receiver.number, 0);
                self.listener.send(peer, frame).await;
            }
        }
        for peer in gone {
            tracing::warn!("Cut a bus receiver that was silent for {SILENCE:?}");
            self.receivers.remove(&peer);
            self.listener.cut(&peer);
        }
    }
}

/// What one receiver was given and has taken in. Pure.
#[derive(Debug)]
struct Receiver {
    /// Messages so far, those withheld included: a jump tells the receiver that it missed some.
    number: u64,
    /// Numbers and sizes under way, oldest first; at most [`WINDOW`].
    under_way: VecDeque<(u64, usize)>,
    bytes: usize,
    heard: Instant,
}

impl Receiver {
    const fn new(now: Instant) -> Self {
        Self {
            number: 0,
            under_way: VecDeque::new(),
            bytes: 0,
            heard: now,
        }
    }

    fn has_room(&self) -> bool {
        self.under_way.len() < WINDOW && self.bytes < WINDOW_BYTES
    }

    /// Counts a message that is not sent.
    const fn withhold(&mut self) {
        self.number += 1;
    }

    /// The number to send a message of `len` bytes under; none when it is withheld.
    fn offer(&mut self, len: usize) -> Option<u64> {
        self.number += 1;
        if !self.has_room() {
            return None;
        }
        self.under_way.push_back((self.number, len));
        self.bytes += len;
        Some(self.number)
    }

    fn acknowledged(&mut self, upto: u64, now: Instant) {
        self.heard = now;
        while let Some((number, len)) = self.under_way.front().copied() {
            if number > upto {
                break;
            }
            self.under_way.pop_front();
            self.bytes -= len;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_window_withholds_and_an_acknowledgement_reopens_it() {
        let now = Instant::now();
        let mut receiver = Receiver::new(now);
        for number in 1..=WINDOW as u64 {
            assert_eq!(receiver.offer(10), Some(number));
        }
        assert_eq!(receiver.offer(10), None);
        assert_eq!(receiver.under_way.len(), WINDOW);
        receiver.acknowledged(1, now);
        // The withheld message used up its number: the receiver sees the jump.
        assert_eq!(receiver.offer(10), Some(WINDOW as u64 + 2));
        receiver.acknowledged(u64::MAX, now);
        assert_eq!((receiver.under_way.len(), receiver.bytes), (0, 0));
    }

    #[tokio::test]
    async fn bytes_fill_the_window_too() {
        let mut receiver = Receiver::new(Instant::now());
        let mut sent = 0;
        while receiver.offer(MAX_MESSAGE).is_some() {
            sent += 1;
        }
        assert_eq!(sent, WINDOW_BYTES / MAX_MESSAGE);
    }
}
