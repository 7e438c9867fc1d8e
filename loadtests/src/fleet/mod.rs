//! The media of all bots, on few threads: after a real ICE and DTLS handshake a seat sends camera
//! pictures and counts what it gets, at a small part of what a whole WebRTC stack costs, so that
//! the node and not the bots is the machine's load.
//!
//! A seat seals what it sends; of what it receives it reads every header, opens one packet in
//! eight (authentic, and how long under way), answers with transport-wide feedback every 50 ms,
//! reports once a second, keyframes on demand and ICE consent. It does not ask for lost packets
//! again, decode or pace.

pub(crate) mod clock;
pub(crate) mod counts;
pub(crate) mod film;
pub(crate) mod seat;
pub(crate) mod socket;
mod thread;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use mio::{Poll, Waker};
use tokio::sync::oneshot;

use crate::error::LoadError;
use counts::Counts;
use seat::Seat;
pub(crate) use thread::Look;
use thread::{Order, Thread, WAKER};

/// Orders on their way to a thread at most; then whoever orders waits.
const ORDERS: usize = 1_024;

/// A handle on the threads; they end with it.
pub(crate) struct Fleet {
    threads: Vec<Handle>,
    next: AtomicUsize,
}

struct Handle {
    /// Bounded by [`ORDERS`].
    orders: SyncSender<Order>,
    waker: Arc<Waker>,
}

/// A seat in the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeatId(usize);

impl Fleet {
    /// Starts `threads` threads.
    pub(crate) fn start(threads: usize) -> io::Result<Self> {
        let start = |index| {
            let poll = Poll::new()?;
            let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
            // Kept by the thread too: if the fleet's were the last, closing it would take back
            // the wake that tells of its end.
            let kept = Arc::clone(&waker);
            let (orders, queue) = sync_channel(ORDERS);
            std::thread::Builder::new()
                .name(format!("bots-{index}"))
                .spawn(move || {
                    // Its end is noticed by whoever asks it something.
                    let ended = Thread::new(poll, queue).run();
                    drop(kept);
                    ended
                })?;
            Ok(Handle { orders, waker })
        };
        Ok(Self {
            threads: (0..threads.max(1)).map(start).collect::<io::Result<_>>()?,
            next: AtomicUsize::new(0),
        })
    }

    /// Takes a seat in.
    pub(crate) fn add(&self, seat: Seat) -> SeatId {
        let id = SeatId(self.next.fetch_add(1, Ordering::Relaxed));
        self.thread_of(id).order(Order::Add(id.0, Box::new(seat)));
        id
    }

    /// Closes a seat; its socket is closed afterwards.
    pub(crate) async fn remove(&self, id: SeatId) {
        let (done, is_done) = oneshot::channel();
        self.thread_of(id).order(Order::Remove(id.0, done));
        // Fails when the thread is gone, and the socket with it.
        let _ = is_done.await;
    }

    /// Lets a seat film, or stop.
    pub(crate) fn film(&self, id: SeatId, on: bool) {
        self.thread_of(id).order(Order::Film(id.0, on));
    }

    /// Counting begins.
    pub(crate) async fn mark(&self) -> Result<(), LoadError> {
        self.ask(Order::Mark).await.map(drop)
    }

    /// What was counted.
    pub(crate) async fn tally(&self) -> Result<Counts, LoadError> {
        let mut sum = Counts::default();
        for counts in self.ask(Order::Tally).await? {
            sum.add(&counts);
        }
        Ok(sum)
    }

    /// How many streams have shown a picture.
    pub(crate) async fn flowing(&self) -> Result<usize, LoadError> {
        Ok(self.ask(Order::Flowing).await?.into_iter().sum())
    }

    /// How the streams of a seat do.
    pub(crate) async fn look(&self, id: SeatId) -> Result<Vec<Look>, LoadError> {
        let (answer, answered) = oneshot::channel();
        self.thread_of(id).order(Order::Look(id.0, answer));
        answered.await.map_err(|_| LoadError::Bots)
    }

    async fn ask<T>(
        &self,
        question: impl Fn(oneshot::Sender<T>) -> Order,
    ) -> Result<Vec<T>, LoadError> {
        let ask = |thread: &Handle| {
            let (answer, answered) = oneshot::channel();
            thread.order(question(answer));
            answered
        };
        let asked: Vec<_> = self.threads.iter().map(ask).collect();
        let answers = futures::future::try_join_all(asked).await;
        answers.map_err(|_| LoadError::Bots)
    }

    fn thread_of(&self, id: SeatId) -> &Handle {
        &self.threads[id.0 % self.threads.len()]
    }
}

impl Handle {
    fn order(&self, order: Order) {
        // A thread that has ended drops the order's answer, which is noticed.
        let _ = self.orders.send(order);
        let _ = self.waker.wake();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let (closed, _) = sync_channel(1);
        self.orders = closed;
        let _ = self.waker.wake();
    }
}
