//! signaling's end of the link.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::stream::{self, Events, Pipe};
use super::{EVENTS, LinkEvent, LinkSender, ResetReason};
use crate::media::{FromSfu, ToSfu};
use crate::socket::{Connection, Lost, SILENCE};
use crate::wire::{Frame, Kind};
use crate::{BusDir, Endpoint};

/// The pause after a link ended, so that two sides that disagree do not spin.
const PAUSE: Duration = Duration::from_millis(20);

/// Connects to the SFU, and again whenever the link breaks.
#[derive(Debug)]
pub struct LinkClient {
    events: mpsc::Receiver<LinkEvent<ToSfu, FromSfu>>,
    _task: AbortOnDropHandle<()>,
}

impl LinkClient {
    /// A link to `endpoint`, now or as soon as somebody offers it. `epoch` is one value per life
    /// of the caller. Starts one task, ended by drop.
    pub fn connect(dir: &BusDir, endpoint: Endpoint, epoch: u64) -> Self {
        let (events, received) = mpsc::channel(EVENTS);
        let task = tokio::spawn(run(dir.clone(), endpoint, epoch, events));
        Self {
            events: received,
            _task: AbortOnDropHandle::new(task),
        }
    }

    /// The next event; `None` only when the runtime is shutting down. Cancel safe.
    pub async fn next(&mut self) -> Option<LinkEvent<ToSfu, FromSfu>> {
        self.events.recv().await
    }
}

/// Ends when the [`LinkClient`] is dropped.
async fn run(dir: BusDir, endpoint: Endpoint, epoch: u64, events: Events<ToSfu, FromSfu>) {
    loop {
        let mut connection = Connection::dial(&dir, endpoint).await;
        let opened = tokio::time::timeout(SILENCE, open(&mut connection, epoch)).await;
        if let Ok(Ok(peer_epoch)) = opened {
            let (sender, outgoing) = LinkSender::new();
            let up = LinkEvent::Up {
                epoch: peer_epoch,
                sender,
            };
            if events.send(up).await.is_err() {
                return;
            }
            let Some(reason) = stream::run(&mut connection, outgoing, &events).await else {
                return;
            };
            if events.send(LinkEvent::Reset(reason)).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Says `Hello` and waits for the matching `Ready`. The SFU's epoch.
async fn open(connection: &mut Connection, epoch: u64) -> Result<u64, Lost> {
    let hello = postcard::to_stdvec(&ToSfu::Hello { epoch }).map_err(|_| Lost)?;
    connection
        .send(Frame::with(Kind::Hello, 0, 0, hello.into()))
        .await?;
    let frame = connection.next().await?;
    match postcard::from_bytes(&frame.payload) {
        Ok(FromSfu::Ready { epoch: sfu, hello })
            if frame.kind == Kind::Welcome && hello == epoch =>
        {
            Ok(sfu)
        }
        _ => Err(Lost),
    }
}

impl Pipe for Connection {
    async fn next(&mut self) -> Result<Frame, ResetReason> {
        Self::next(self).await.map_err(|Lost| ResetReason::Closed)
    }

    async fn send(&mut self, frame: Frame) -> Result<(), ResetReason> {
        Self::send(self, frame)
            .await
            .map_err(|Lost| ResetReason::Closed)
    }
}
