//! A client that speaks the protocol and nothing more.

use futures::{SinkExt as _, StreamExt as _};
use livekit_protocol as lk;
use lk::signal_request::Message as Request;
use lk::signal_response::Message as Response;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::tungstenite::{Error, http};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::node::soon;

pub(crate) struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a client hears.
#[derive(Debug)]
pub(crate) enum Heard {
    Message(Box<Response>),
    /// The close code.
    Close(u16),
}

impl Client {
    /// Connects; the status when the upgrade is refused.
    pub(crate) async fn connect(url: &str) -> Result<Self, http::StatusCode> {
        match soon("the upgrade", connect_async(url)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("not an HTTP answer: {error}"),
        }
    }

    /// Connects to `/rtc` and takes the `Join` that must be first.
    pub(crate) async fn join(
        node: &crate::node::Node,
        room: &str,
        identity: &str,
    ) -> (Self, lk::JoinResponse) {
        let url = node.url(&format!("/rtc?access_token={}", node.token(room, identity)));
        let mut client = Self::connect(&url).await.expect("let in");
        let first = client.message().await;
        let Response::Join(join) = first else {
            panic!("Join must be first: {first:?}");
        };
        (client, join)
    }

    pub(crate) async fn say(&mut self, message: Request) {
        let message = Some(message);
        let bytes = lk::SignalRequest { message }.encode_to_vec();
        self.send(Message::Binary(bytes.into())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.0.send(message).await.expect("sent");
    }

    /// Sends, unless the connection is gone.
    pub(crate) async fn try_send(&mut self, message: Message) -> bool {
        self.0.send(message).await.is_ok()
    }

    /// The next message or the close.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            match soon("a message", self.0.next()).await {
                Some(Ok(Message::Binary(bytes))) => {
                    let response = lk::SignalResponse::decode(bytes).expect("a SignalResponse");
                    return Heard::Message(Box::new(response.message.expect("a known message")));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Close(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                other => panic!("the connection broke: {other:?}"),
            }
        }
    }

    /// The next message; a close fails the test.
    pub(crate) async fn message(&mut self) -> Response {
        match self.hear().await {
            Heard::Message(message) => *message,
            Heard::Close(code) => panic!("closed with {code}"),
        }
    }

    /// Skips to the first message that `wanted` accepts.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(Response) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.message().await) {
                return found;
            }
        }
    }

    pub(crate) async fn leave(&mut self) -> lk::LeaveRequest {
        self.until(|message| match message {
            Response::Leave(leave) => Some(leave),
            _ => None,
        })
        .await
    }

    /// Cuts the TCP connection without a word.
    pub(crate) fn cut(self) {
        drop(self.0);
    }
}
