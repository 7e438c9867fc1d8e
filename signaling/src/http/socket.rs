//! One signal connection: a task that reads and a task that writes.
//!
//! They are separate because a shared loop would try to read after every write. The reader owns
//! the connection's end: whatever ends it, the rooms hear of it exactly once.

use std::error::Error as _;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_util::sync::CancellationToken;

use super::Gateway;
use super::flood::Allowance;
use super::refusal::Refused;
use super::wire;
use crate::node::{Command, Node, Outbox, Outgoing, Queue};
use crate::room::{CloseCode, ConnectionId, Join, Violation};

/// Bytes of one message at most: an SDP of 256 KiB and what surrounds it.
const MAX_MESSAGE: usize = 512 * 1024;
/// The library zero-fills this buffer at each read; messages are mostly far smaller.
const READ_BUFFER: usize = 4 * 1024;
/// Bytes written but not sent at most, beyond the message being written.
const WRITE_BUFFER: usize = 4 * 1024 * 1024;
/// Browsers answer WebSocket pings even in a throttled background tab.
const PING: Duration = Duration::from_secs(10);
/// Without a single frame for so long, the connection is dead.
const SILENCE: Duration = Duration::from_secs(25);
/// How long one message may take to be handed to the network.
const SEND: Duration = Duration::from_secs(10);
/// How long the other side may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(5);

/// Upgrades the request and seats the client.
pub(super) fn accept(
    gateway: Gateway,
    upgrade: WebSocketUpgrade,
    join: Join,
) -> Result<Response, Refused> {
    let Ok(permit) = gateway.room.clone().try_acquire_owned() else {
        gateway.metrics.refused.inc();
        return Err(Refused::Busy);
    };
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| async move { serve(gateway, socket, join, permit).await }))
}

/// The connection's life. The permit is given back at its end.
async fn serve(gateway: Gateway, socket: WebSocket, join: Join, permit: OwnedSemaphorePermit) {
    let connection = gateway.next_connection();
    let (sink, stream) = socket.split();
    let (outbox, queue) = Outbox::new();
    let command = Command::Connect {
        connection,
        join: Box::new(join),
        outbox,
    };
    if !gateway.node.tell(command).await {
        return;
    }
    // Cancelled by the reader when there is nothing left to write to.
    let gone = CancellationToken::new();
    let wrote = CancellationToken::new();
    let (ended, stopped) = (gone.clone(), wrote.clone());
    gateway.tasks.spawn("signal writer", async move {
        write(sink, queue, &ended).await;
        stopped.cancel();
    });
    read(&gateway.node, stream, connection, &wrote).await;
    gone.cancel();
    // Fails only when the server stops, and then nobody counts any more.
    let _ = gateway.node.tell(Command::Gone { connection }).await;
    drop(permit);
}

/// Ends with the close that was queued, a cut, a stalled network, or the connection.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: Queue,
    gone: &CancellationToken,
) {
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            biased;
            () = gone.cancelled() => return,
            () = queue.cut.cancelled() => close(CloseCode::SLOW),
            item = queue.items.recv() => match item {
                Some(Outgoing::Message(bytes)) => Message::Binary(bytes),
                Some(Outgoing::Close(code)) => close(code),
                None => close(CloseCode::INTERNAL),
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        let last = matches!(message, Message::Close(_));
        let sent = tokio::time::timeout(SEND, sink.send(message)).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn close(code: CloseCode) -> Message {
    Message::Close(Some(CloseFrame {
        code: code.code,
        reason: code.reason.into(),
    }))
}

/// Ends when the client closes or falls silent, or when the writer has ended and the client has
/// had its time to answer the close.
async fn read(
    node: &Node,
    mut stream: SplitStream<WebSocket>,
    connection: ConnectionId,
    wrote: &CancellationToken,
) {
    let mut violation = None;
    let started = Instant::now();
    let mut allowance = Allowance::new(Duration::ZERO);
    while violation.is_none() {
        let next = tokio::select! {
            next = tokio::time::timeout(SILENCE, stream.next()) => next,
            () = wrote.cancelled() => break,
        };
        let Ok(Some(next)) = next else { return };
        let command = match next {
            Ok(frame) if !allowance.take(size(&frame), started.elapsed()) => {
                violated(connection, Violation::Flood)
            }
            Ok(Message::Binary(bytes)) => decode(connection, &bytes),
            Ok(Message::Text(_)) => violated(connection, Violation::Unsupported),
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Ok(Message::Close(_)) => return,
            Err(error) if is_too_big(&error) => violated(connection, Violation::TooBig),
            Err(_) => return,
        };
        let Some(command) = command else { continue };
        if let Command::Violated { how, .. } = command {
            violation = Some(how);
        }
        if !node.tell(command).await {
            return;
        }
    }
    // The close is on its way out; what the client still says is not heard.
    let goodbye = async {
        wrote.cancelled().await;
        while let Some(Ok(_)) = stream.next().await {}
        if violation == Some(Violation::TooBig) {
            // The rest of the message stays unread, so dropping the socket resets the connection,
            // and a reset would overtake the close on its way to the client.
            std::future::pending().await
        }
    };
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
}

/// Bytes of the payload. Every frame counts: pings are answered, and cost us too.
fn size(frame: &Message) -> usize {
    match frame {
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Text(text) => text.len(),
        Message::Close(_) => 0,
    }
}

/// See [`wire::request`].
fn decode(connection: ConnectionId, bytes: &[u8]) -> Option<Command> {
    match wire::request(bytes) {
        Ok(message) => Some(Command::Message {
            connection,
            message: Box::new(message?),
        }),
        Err(how) => violated(connection, how),
    }
}

fn violated(connection: ConnectionId, how: Violation) -> Option<Command> {
    Some(Command::Violated { connection, how })
}

fn is_too_big(error: &axum::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(WsError::Capacity(_)))
}
