//! One link's life between `Ready` and reset: the same on both sides.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::flow::{Flow, Violation};
use super::{LinkEvent, Outgoing, ResetReason};
use crate::socket::{BEAT, SILENCE};
use crate::wire::{Frame, Kind};

/// The connection that carries a link: a DEALER, or a ROUTER and one of its peers.
pub(super) trait Pipe: Send {
    /// The next frame of this link. Cancel safe.
    fn next(&mut self) -> impl Future<Output = Result<Frame, ResetReason>> + Send;
    /// Hands a frame over.
    fn send(&mut self, frame: Frame) -> impl Future<Output = Result<(), ResetReason>> + Send;
}

impl From<Violation> for ResetReason {
    fn from(_: Violation) -> Self {
        Self::Broken
    }
}

/// The events of a link waiting for its consumer.
pub(super) type Events<Out, In> = mpsc::Sender<LinkEvent<Out, In>>;

/// Runs a link until it ends; `None` when the consumer is gone. Tells the other side.
pub(super) async fn run<P, Out, In>(
    pipe: &mut P,
    mut outgoing: Outgoing,
    events: &Events<Out, In>,
) -> Option<ResetReason>
where
    P: Pipe,
    Out: Send,
    In: DeserializeOwned + Send,
{
    let mut stream = Stream {
        flow: Flow::default(),
        arrived: VecDeque::new(),
        heard: Instant::now(),
    };
    let ended = stream.run(pipe, &mut outgoing, events).await;
    // Senders must fail from here on, before the consumer hears of the reset.
    outgoing.overflow.cancel();
    // If it cannot be sent, the other side sees the connection close.
    let _ = pipe.send(Frame::bare(Kind::Reset, 0, 0)).await;
    ended.err()
}

struct Stream {
    flow: Flow,
    /// Received and not yet taken by the consumer; bounded by the other side's window.
    arrived: VecDeque<Bytes>,
    heard: Instant,
}

impl Stream {
    /// `Ok` when the consumer is gone.
    async fn run<P, Out, In>(
        &mut self,
        pipe: &mut P,
        outgoing: &mut Outgoing,
        events: &Events<Out, In>,
    ) -> Result<(), ResetReason>
    where
        P: Pipe,
        Out: Send,
        In: DeserializeOwned + Send,
    {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                frame = pipe.next() => self.take_in(frame?)?,
                room = events.reserve(), if !self.arrived.is_empty() => {
                    let Ok(room) = room else { return Ok(()) };
                    let Some(payload) = self.arrived.pop_front() else { continue };
                    let message = postcard::from_bytes(&payload).map_err(|_| ResetReason::Broken)?;
                    room.send(LinkEvent::Message(message));
                    if self.flow.take() {
                        self.beat(pipe).await?;
                    }
                }
                Some(queued) = outgoing.queue.recv(), if self.flow.has_room() => {
                    let number = self.flow.send(queued.payload.len());
                    let ack = self.flow.tell();
                    pipe.send(Frame::with(Kind::Data, number, ack, queued.payload)).await?;
                }
                now = beat.tick() => {
                    if now.saturating_duration_since(self.heard) > SILENCE {
                        return Err(ResetReason::Silent);
                    }
                    self.beat(pipe).await?;
                }
                () = outgoing.overflow.cancelled() => return Err(ResetReason::Overflow),
                () = events.closed() => return Ok(()),
            }
        }
    }

    fn take_in(&mut self, frame: Frame) -> Result<(), ResetReason> {
        self.heard = Instant::now();
        match frame.kind {
            Kind::Data => {
                self.flow.received(frame.number)?;
                self.flow.acknowledged(frame.ack)?;
                self.arrived.push_back(frame.payload);
                Ok(())
            }
            Kind::Beat => {
                self.flow.reached(frame.number)?;
                Ok(self.flow.acknowledged(frame.ack)?)
            }
            Kind::Reset => Err(ResetReason::ByPeer),
            Kind::Hello | Kind::Welcome | Kind::Call | Kind::Busy => Err(ResetReason::Broken),
        }
    }

    async fn beat<P: Pipe>(&mut self, pipe: &mut P) -> Result<(), ResetReason> {
        let frame = Frame::bare(Kind::Beat, self.flow.sent(), self.flow.tell());
        pipe.send(frame).await
    }
}
