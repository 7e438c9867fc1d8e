//! The writing half of a socket.

use std::time::Duration;

use futures::{Sink, SinkExt as _};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Sent;
use crate::hub::{Outbox, Outgoing};
use protocol::close;

/// How often the other side is asked whether it is there.
const PING: Duration = Duration::from_secs(30);
/// How long one message may take to reach the system's buffer.
const WRITE: Duration = Duration::from_secs(20);
/// How long the close frame may take.
const CLOSE: Duration = Duration::from_secs(10);

/// Writes what is queued until the socket shall close, then the close frame. Every wait is
/// bounded once `outbox` is closed; a write that takes too long closes it as slow.
pub(super) async fn run<O>(mut sink: O, mut queue: mpsc::Receiver<Outgoing>, outbox: Outbox)
where
    O: Sink<Sent> + Unpin,
{
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ping.tick().await;
    let code = loop {
        let next = tokio::select! {
            biased;
            code = outbox.closing() => break code,
            Some(message) = queue.recv() => Sent::Text(message.text),
            _ = ping.tick() => Sent::Ping,
        };
        let written = tokio::select! {
            written = timeout(WRITE, sink.send(next)) => written,
            // What is half written stays in the sink and is finished before the close frame.
            code = outbox.closing() => break code,
        };
        match written {
            Ok(Ok(())) => {}
            // Too slow, or broken, where no code reaches anybody.
            Ok(Err(_)) | Err(_) => outbox.close(close::SLOW_CONSUMER),
        }
    };
    // A peer that does not even take this is cut when the sink is dropped.
    let _ = timeout(CLOSE, sink.send(Sent::Close(code))).await;
}
