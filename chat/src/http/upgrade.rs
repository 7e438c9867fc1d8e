//! `GET /chat/ws`: from a request to a socket.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use domain::ErrorCode;
use futures::{SinkExt as _, StreamExt as _};
use protocol::{MAX_CLIENT_MESSAGE, SUBPROTOCOL};

use super::{origin, problem};
use crate::App;
use crate::connection::{self, Received, Sent};
use crate::refusal::Refusal;

/// Read in small pieces: the library fills the whole buffer with zeros before each read.
const READ_BUFFER: usize = 2 * 1024;
/// Room for what is half written besides one message; a message of 16 KiB of text may grow
/// sixfold in JSON.
const MAX_WRITE_BUFFER: usize = 256 * 1024;

pub(super) async fn upgrade(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !origin::is_ours(&headers, app.config.public_url.as_deref()) {
        return problem::answer(&Refusal::Rule(ErrorCode::CrossSite), None);
    }
    let socket = match socket {
        Ok(socket) => socket.protocols([SUBPROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if socket.selected_protocol().is_none() {
        return problem::answer(&Refusal::Rule(ErrorCode::InvalidRequest), None);
    }
    let Ok(room) = Arc::clone(&app.room).try_acquire_owned() else {
        return problem::answer(&Refusal::Rule(ErrorCode::Unavailable), None);
    };
    socket
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(MAX_CLIENT_MESSAGE)
        .max_frame_size(MAX_CLIENT_MESSAGE)
        .on_upgrade(async move |socket| {
            // Into a task the program knows of, so that a stop waits for its farewell.
            let tasks = app.context.tasks.clone();
            tasks.spawn("chat-connection", async move {
                let (outgoing, incoming) = split(socket);
                connection::run(app, incoming, outgoing).await;
                drop(room);
            });
        })
}

type Outgoing = std::pin::Pin<Box<dyn futures::Sink<Sent, Error = axum::Error> + Send>>;
type Incoming = std::pin::Pin<Box<dyn futures::Stream<Item = Received> + Send>>;

/// The two halves in chat's own terms.
fn split(socket: WebSocket) -> (Outgoing, Incoming) {
    let (sink, stream) = socket.split();
    let sink = sink.with(|sent| std::future::ready(Ok(to_message(sent))));
    let stream = stream.map(|received| match received {
        Ok(Message::Text(text)) => Received::Text(text.into()),
        Ok(Message::Ping(_) | Message::Pong(_)) => Received::Alive,
        Ok(Message::Binary(_)) => Received::Other,
        Ok(Message::Close(_)) => Received::End,
        Err(error) if is_too_big(&error) => Received::TooBig,
        Err(_) => Received::End,
    });
    (Box::pin(sink), Box::pin(stream))
}

fn to_message(sent: Sent) -> Message {
    match sent {
        // Always JSON, hence UTF-8; the check costs little and saves a promise.
        Sent::Text(text) => Message::Text(Utf8Bytes::try_from(text).unwrap_or_default()),
        Sent::Ping => Message::Ping(Bytes::new()),
        Sent::Close(code) => Message::Close(Some(CloseFrame {
            code,
            reason: Utf8Bytes::default(),
        })),
    }
}

fn is_too_big(error: &axum::Error) -> bool {
    use std::error::Error as _;
    use tokio_tungstenite::tungstenite::Error;
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(Error::Capacity(_)))
}
