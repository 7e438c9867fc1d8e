//! The receiving end of a [`crate::Publisher`].

use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::socket::{Connection, Lost, SILENCE};
use crate::wire::{Frame, Kind};
use crate::{BusDir, Endpoint};

/// Messages waiting for the consumer at most; then the socket is not read, the publisher
/// withholds, and [`Incoming::Missed`] tells.
const QUEUE: usize = 256;

/// After how many messages the publisher is told, besides at every beat.
const ACK_EVERY: u64 = 64;

/// What a [`Subscriber`] yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming<T> {
    /// Subscribed, for the first time or again: every message published from here on is either
    /// yielded or followed by [`Incoming::Missed`]; earlier ones may be missing.
    Connected,
    /// A message.
    Message(T),
    /// At least one message is missing here.
    Missed,
}

/// Receives what a publisher sends, connecting again whenever the connection breaks.
#[derive(Debug)]
pub struct Subscriber<T> {
    incoming: mpsc::Receiver<Incoming<T>>,
    connected: watch::Receiver<bool>,
    _task: AbortOnDropHandle<()>,
}

impl<T: DeserializeOwned + Send + 'static> Subscriber<T> {
    /// Subscribes to `endpoint`, now or as soon as somebody offers it. Starts one task, ended by
    /// drop.
    pub fn connect(dir: &BusDir, endpoint: Endpoint) -> Self {
        let (queue, incoming) = mpsc::channel(QUEUE);
        let (state, connected) = watch::channel(false);
        let task = tokio::spawn(run(dir.clone(), endpoint, queue, state));
        Self {
            incoming,
            connected,
            _task: AbortOnDropHandle::new(task),
        }
    }

    /// The next thing that happened; `None` only when the runtime is shutting down. Cancel safe.
    pub async fn next(&mut self) -> Option<Incoming<T>> {
        self.incoming.recv().await
    }

    /// Waits until the publisher has answered the subscription: what it publishes from then on
    /// arrives.
    pub async fn ready(&mut self) {
        // Fails only when the task has ended with the runtime; there is nothing to wait for then.
        let _ = self.connected.wait_for(|connected| *connected).await;
    }

    /// Whether the publisher is connected now, for a health check.
    pub fn is_connected(&self) -> bool {
        *self.connected.borrow()
    }
}

/// Ends when the [`Subscriber`] is dropped.
async fn run<T: DeserializeOwned>(
    dir: BusDir,
    endpoint: Endpoint,
    queue: mpsc::Sender<Incoming<T>>,
    state: watch::Sender<bool>,
) {
    while !queue.is_closed() {
        let mut connection = Connection::dial(&dir, endpoint).await;
        let result = receive(&mut connection, &queue, &state).await;
        state.send_replace(false);
        if result == Err(Lost) {
            tracing::debug!(endpoint = endpoint.file_name(), "Lost a publisher");
        }
    }
}

/// One connection's life. Ends with it, or with the consumer.
async fn receive<T: DeserializeOwned>(
    connection: &mut Connection,
    queue: &mpsc::Sender<Incoming<T>>,
    state: &watch::Sender<bool>,
) -> Result<(), Lost> {
    connection.send(Frame::bare(Kind::Hello, 0, 0)).await?;
    let mut subscribed = false;
    let (mut seen, mut acknowledged) = (0_u64, 0_u64);
    loop {
        let frame = tokio::time::timeout(SILENCE, connection.next())
            .await
            .map_err(|_| Lost)??;
        let incoming = match frame.kind {
            Kind::Welcome if !subscribed => {
                subscribed = true;
                state.send_replace(true);
                Some(Incoming::Connected)
            }
            Kind::Data if subscribed && frame.number == seen + 1 => Some(decode(&frame.payload)),
            Kind::Data if subscribed && frame.number > seen + 1 => {
                if queue.send(Incoming::Missed).await.is_err() {
                    return Ok(());
                }
                Some(decode(&frame.payload))
            }
            Kind::Beat if subscribed && frame.number > seen => Some(Incoming::Missed),
            Kind::Beat if subscribed => None,
            _ => return Err(Lost),
        };
        seen = seen.max(frame.number);
        if let Some(incoming) = incoming
            && queue.send(incoming).await.is_err()
        {
            return Ok(());
        }
        if frame.kind == Kind::Beat || seen - acknowledged >= ACK_EVERY {
            acknowledged = seen;
            connection.send(Frame::bare(Kind::Beat, 0, seen)).await?;
        }
    }
}

fn decode<T: DeserializeOwned>(payload: &[u8]) -> Incoming<T> {
    match serde_json::from_slice(payload) {
        Ok(message) => Incoming::Message(message),
        Err(error) => {
            // The position of the fault, not the payload.
            tracing::warn!(
                line = error.line(),
                column = error.column(),
                "A bus message cannot be read"
            );
            Incoming::Missed
        }
    }
}
