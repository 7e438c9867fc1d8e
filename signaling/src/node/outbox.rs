//! What waits to be sent on one connection.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::room::CloseCode;

/// Messages waiting at most. A client that falls so far behind is cut and comes back by resume.
const QUEUE: usize = 256;
/// Room kept for the close, so that a queue full of messages can still be closed in order.
const CLOSE: usize = 1;

/// One item on its way to a client.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// An encoded `SignalResponse`.
    Message(Bytes),
    /// The last item.
    Close(CloseCode),
}

/// The sending end; owned by the task that owns the rooms.
#[derive(Debug)]
pub(crate) struct Outbox {
    items: mpsc::Sender<Outgoing>,
    cut: CancellationToken,
}

/// The receiving end; owned by the connection's writer.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Ends when the outbox is dropped.
    pub(crate) items: mpsc::Receiver<Outgoing>,
    /// Cancelled when the queue overflowed: nothing more is worth sending.
    pub(crate) cut: CancellationToken,
}

/// The queue did not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow;

impl Outbox {
    /// A queue and its sending end.
    pub(crate) fn new() -> (Self, Queue) {
        let (sender, items) = mpsc::channel(QUEUE + CLOSE);
        let cut = CancellationToken::new();
        let outbox = Self {
            items: sender,
            cut: cut.clone(),
        };
        (outbox, Queue { items, cut })
    }

    /// Queues an encoded message. A connection that is already gone takes it silently: its end is
    /// reported by its reader.
    pub(crate) fn send(&self, message: Bytes) -> Result<(), Overflow> {
        if self.items.capacity() <= CLOSE && !self.items.is_closed() {
            self.cut.cancel();
            return Err(Overflow);
        }
        let _ = self.items.try_send(Outgoing::Message(message));
        Ok(())
    }

    /// Queues the close behind everything sent before.
    pub(crate) fn close(self, code: CloseCode) {
        // The place kept for it is free, unless the connection is gone.
        let _ = self.items.try_send(Outgoing::Close(code));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_still_takes_the_close() {
        let (outbox, mut queue) = Outbox::new();
        for _ in 0..QUEUE {
            outbox.send(Bytes::new()).expect("room");
        }
        outbox.close(CloseCode::NORMAL);
        let mut last = None;
        while let Ok(item) = queue.items.try_recv() {
            last = Some(item);
        }
        assert!(matches!(last, Some(Outgoing::Close(_))));
        assert!(!queue.cut.is_cancelled());
    }

    #[test]
    fn one_message_too_many_cuts_the_connection() {
        let (outbox, queue) = Outbox::new();
        for _ in 0..QUEUE {
            outbox.send(Bytes::new()).expect("room");
        }
        assert_eq!(outbox.send(Bytes::new()), Err(Overflow));
        assert!(queue.cut.is_cancelled());
    }
}
