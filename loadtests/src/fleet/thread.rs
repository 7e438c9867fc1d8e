//! A thread that carries the media of many seats.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use tokio::sync::oneshot;

use super::clock::{nanos, thread_cpu};
use super::counts::Counts;
use super::seat::{Seat, TEND};
use super::socket::{Inbox, Outbox};

/// Sockets looked at in one go.
const EVENTS: usize = 256;
/// A sender this late begins anew instead of catching up, in nanoseconds.
const HOPELESS: u64 = 500_000_000;
pub(super) const WAKER: Token = Token(usize::MAX);

/// What a thread is told. Answers nobody waits for are dropped.
pub(super) enum Order {
    Add(usize, Box<Seat>),
    Remove(usize, oneshot::Sender<()>),
    /// Whether a seat films.
    Film(usize, bool),
    /// Counting begins.
    Mark(oneshot::Sender<()>),
    /// What was counted.
    Tally(oneshot::Sender<Counts>),
    /// How each stream of the seat does.
    Look(usize, oneshot::Sender<Vec<Look>>),
    /// How many streams have shown a picture.
    Flowing(oneshot::Sender<usize>),
}

/// How a stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// When its first complete keyframe was there, in nanoseconds since 1970.
    pub(crate) first_frame: Option<u64>,
    /// The longest time without a packet since counting began.
    pub(crate) longest_gap: Duration,
}

/// What is due for a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Film,
    Tend,
}

pub(super) struct Thread {
    poll: Poll,
    orders: Receiver<Order>,
    seats: HashMap<usize, Box<Seat>>,
    /// When what is due for whom.
    timetable: BinaryHeap<Reverse<(u64, usize, Due)>>,
    inbox: Inbox,
    outbox: Outbox,
    counts: Counts,
    /// CPU time when counting began.
    spent: u64,
}

impl Thread {
    pub(super) fn new(poll: Poll, orders: Receiver<Order>) -> Self {
        Self {
            poll,
            orders,
            seats: HashMap::new(),
            timetable: BinaryHeap::new(),
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            counts: Counts::default(),
            spent: 0,
        }
    }

    /// Works until the fleet is gone.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            loop {
                match self.orders.try_recv() {
                    Ok(order) => self.obey(order)?,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            }
            self.send_due();
            match self.poll.poll(&mut events, self.idle_time()) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            for event in &events {
                if let Some(seat) = self.seats.get_mut(&event.token().0) {
                    seat.receive(&mut self.inbox, &mut self.counts)?;
                }
            }
        }
    }

    fn obey(&mut self, order: Order) -> io::Result<()> {
        match order {
            Order::Add(id, mut seat) => {
                let (token, readable) = (Token(id), Interest::READABLE);
                self.poll
                    .registry()
                    .register(seat.socket(), token, readable)?;
                self.timetable
                    .push(Reverse((nanos() + phase(id, TEND), id, Due::Tend)));
                // What came before it was registered tells of itself no more.
                seat.receive(&mut self.inbox, &mut self.counts)?;
                self.seats.insert(id, seat);
            }
            Order::Remove(id, done) => {
                if let Some(mut seat) = self.seats.remove(&id) {
                    self.poll.registry().deregister(seat.socket())?;
                }
                let _ = done.send(());
            }
            Order::Film(id, on) => self.film(id, on),
            Order::Mark(done) => {
                self.counts = Counts::default();
                self.spent = thread_cpu();
                let at = nanos();
                let seats = self.seats.values_mut();
                seats
                    .flat_map(|seat| &mut seat.streams)
                    .for_each(|stream| stream.mark(at));
                let _ = done.send(());
            }
            Order::Tally(answer) => {
                let mut counts = self.counts.clone();
                counts.cpu = thread_cpu() - self.spent;
                let seats = self.seats.values();
                let tallies = seats.flat_map(|s| &s.streams).map(|s| s.tally());
                let (mut received, mut lost) = (0, 0);
                for tally in tallies {
                    received += tally.received;
                    lost += tally.lost;
                }
                (counts.received, counts.lost) = (received, lost);
                let _ = answer.send(counts);
            }
            Order::Look(id, answer) => {
                let at = nanos();
                let streams = self.seats.get(&id).into_iter().flat_map(|s| &s.streams);
                let looks = streams.map(|stream| Look {
                    first_frame: stream.first_frame(),
                    longest_gap: Duration::from_nanos(stream.longest_gap(at)),
                });
                let _ = answer.send(looks.collect());
            }
            Order::Flowing(answer) => {
                let streams = self.seats.values().flat_map(|seat| &seat.streams);
                let _ = answer.send(streams.filter(|s| !s.awaits_picture()).count());
            }
        }
        Ok(())
    }

    fn film(&mut self, id: usize, on: bool) {
        let Some(film) = self.seats.get_mut(&id).and_then(|seat| seat.film.as_mut()) else {
            return;
        };
        film.on = on;
        if on && !film.scheduled {
            film.scheduled = true;
            let first = nanos() + phase(id, film.interval());
            self.timetable.push(Reverse((first, id, Due::Film)));
        }
    }

    /// Sends what is due.
    fn send_due(&mut self) {
        let now = nanos();
        while let Some(Reverse((due, id, what))) = self.timetable.peek().copied() {
            if due > now {
                return;
            }
            self.timetable.pop();
            let Some(seat) = self.seats.get_mut(&id) else {
                continue;
            };
            let next = match what {
                Due::Tend => {
                    seat.tend();
                    Some(TEND)
                }
                Due::Film => {
                    let late = nanos().saturating_sub(due);
                    self.counts.lateness.record(late);
                    seat.send(&mut self.outbox, &mut self.counts)
                }
            };
            match next {
                Some(interval) => {
                    let hopeless = now.saturating_sub(due) > HOPELESS;
                    let from = if hopeless { now } else { due };
                    self.timetable.push(Reverse((from + interval, id, what)));
                }
                None => {
                    if let Some(film) = &mut seat.film {
                        film.scheduled = false;
                    }
                }
            }
        }
    }

    fn idle_time(&self) -> Option<Duration> {
        let Reverse((due, ..)) = self.timetable.peek()?;
        Some(Duration::from_nanos(due.saturating_sub(nanos())))
    }
}

/// Spreads seats evenly over an interval (the golden ratio never meets itself).
fn phase(id: usize, interval: u64) -> u64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let share = (id as u64).wrapping_mul(GOLDEN);
    ((u128::from(share) * u128::from(interval)) >> 64) as u64
}
