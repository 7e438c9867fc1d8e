//! The SFU's end of the link.

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use zeromq::util::PeerIdentity;

use super::stream::{self, Events, Pipe};
use super::{EVENTS, LinkEvent, LinkSender, ResetReason};
use crate::media::{FromSfu, ToSfu};
use crate::socket::{Heard, Listener};
use crate::wire::{Frame, Kind};
use crate::{BindError, BusDir, Endpoint};

/// Listens for signaling. One link at a time: a new `Hello` resets the one before.
#[derive(Debug)]
pub struct LinkServer {
    events: mpsc::Receiver<LinkEvent<FromSfu, ToSfu>>,
    _task: AbortOnDropHandle<()>,
}

impl LinkServer {
    /// Offers `endpoint`, taking it over from an earlier owner. `epoch` is one value per life of
    /// the caller. Starts one task, ended by drop.
    ///
    /// # Errors
    /// [`BindError`] if the socket cannot be made.
    pub async fn bind(dir: &BusDir, endpoint: Endpoint, epoch: u64) -> Result<Self, BindError> {
        let listener = Listener::bind(dir, endpoint).await?;
        let (events, received) = mpsc::channel(EVENTS);
        let task = tokio::spawn(run(listener, epoch, events));
        Ok(Self {
            events: received,
            _task: AbortOnDropHandle::new(task),
        })
    }

    /// The next event; `None` only when the runtime is shutting down. Cancel safe.
    pub async fn next(&mut self) -> Option<LinkEvent<FromSfu, ToSfu>> {
        self.events.recv().await
    }
}

/// Ends when the [`LinkServer`] is dropped.
async fn run(mut listener: Listener, epoch: u64, events: Events<FromSfu, ToSfu>) {
    let mut waiting: Option<Caller> = None;
    loop {
        let caller = match waiting.take() {
            Some(caller) => caller,
            None => next_caller(&mut listener).await,
        };
        let mut pipe = PeerPipe {
            listener: &mut listener,
            peer: caller.peer,
            next_caller: None,
        };
        let Some(()) = welcome(&mut pipe, epoch, caller.epoch).await else {
            continue;
        };
        let (sender, outgoing) = LinkSender::new();
        let up = LinkEvent::Up {
            epoch: caller.epoch,
            sender,
        };
        if events.send(up).await.is_err() {
            return;
        }
        let reason = stream::run(&mut pipe, outgoing, &events).await;
        waiting = pipe.next_caller.take();
        let peer = pipe.peer;
        listener.cut(&peer);
        let Some(reason) = reason else { return };
        if events.send(LinkEvent::Reset(reason)).await.is_err() {
            return;
        }
    }
}

/// Who said `Hello`.
struct Caller {
    peer: PeerIdentity,
    epoch: u64,
}

impl Caller {
    fn from_hello(peer: PeerIdentity, frame: &Frame) -> Option<Self> {
        if frame.kind != Kind::Hello {
            return None;
        }
        match postcard::from_bytes(&frame.payload) {
            Ok(ToSfu::Hello { epoch }) => Some(Self { peer, epoch }),
            _ => None,
        }
    }
}

async fn next_caller(listener: &mut Listener) -> Caller {
    loop {
        if let Heard::Frame(peer, frame) = listener.next().await
            && let Some(caller) = Caller::from_hello(peer, &frame)
        {
            return caller;
        }
    }
}

/// Answers `Hello`; none when the caller has gone meanwhile.
async fn welcome(pipe: &mut PeerPipe<'_>, epoch: u64, hello: u64) -> Option<()> {
    let ready = postcard::to_stdvec(&FromSfu::Ready { epoch, hello }).ok()?;
    pipe.send(Frame::with(Kind::Welcome, 0, 0, ready.into()))
        .await
        .ok()
}

/// One peer of the ROUTER.
struct PeerPipe<'a> {
    listener: &'a mut Listener,
    peer: PeerIdentity,
    /// The `Hello` that ended this link, to be answered next.
    next_caller: Option<Caller>,
}

impl Pipe for PeerPipe<'_> {
    async fn next(&mut self) -> Result<Frame, ResetReason> {
        loop {
            match self.listener.next().await {
                Heard::Gone(peer) if peer == self.peer => return Err(ResetReason::Closed),
                Heard::Gone(_) => {}
                Heard::Frame(peer, frame) => {
                    if let Some(caller) = Caller::from_hello(peer.clone(), &frame) {
                        self.next_caller = Some(caller);
                        return Err(ResetReason::ByPeer);
                    }
                    if peer == self.peer {
                        return Ok(frame);
                    }
                    // What is left of an earlier link's connection.
                }
            }
        }
    }

    async fn send(&mut self, frame: Frame) -> Result<(), ResetReason> {
        if self.listener.send(&self.peer, frame).await {
            Ok(())
        } else {
            Err(ResetReason::Closed)
        }
    }
}
