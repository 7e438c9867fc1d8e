//! A WebSocket client that speaks the protocol.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use domain::{AccountId, ConversationId, ErrorCode, SessionId};
use futures::{SinkExt as _, StreamExt as _};
use jiff::SignedDuration;
use protocol::{Body, ClientMessage, Event, Head, SUBPROTOCOL, ServerMessage};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use uuid::Uuid;

use super::node::{Node, token};
use super::{session, soon};

/// How a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With a close frame.
    Code(u16),
    /// Without one.
    Cut,
}

pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
    pub(crate) account: AccountId,
    /// What `hello` said.
    pub(crate) heads: Vec<Head>,
}

/// Opens a socket with these headers on `stream`.
pub(crate) async fn open_on(
    stream: TcpStream,
    address: SocketAddr,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, StatusCode> {
    let mut request = format!("ws://{address}/chat/ws")
        .into_client_request()
        .expect("a request");
    for (name, value) in headers {
        request.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).expect("a value"),
        );
    }
    match soon(
        "the upgrade",
        tokio_tungstenite::client_async(request, stream),
    )
    .await
    {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status()),
        Err(error) => panic!("no upgrade: {error}"),
    }
}

pub(crate) async fn open(
    address: SocketAddr,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, StatusCode> {
    let stream = TcpStream::connect(address).await.expect("connected");
    open_on(stream, address, headers).await
}

impl Client {
    /// A socket that has not authenticated.
    pub(crate) async fn raw(node: &Node) -> Self {
        let stream = TcpStream::connect(node.address).await.expect("connected");
        Self::raw_on(node, stream).await
    }

    pub(crate) async fn raw_on(node: &Node, stream: TcpStream) -> Self {
        let headers = [("sec-websocket-protocol", SUBPROTOCOL)];
        let socket = open_on(stream, node.address, &headers)
            .await
            .expect("upgraded");
        Self {
            socket,
            account: AccountId::from(Uuid::nil()),
            heads: Vec::new(),
        }
    }

    /// An authenticated socket of `account`, in the session of the same number.
    pub(crate) async fn connect(node: &Node, account: AccountId) -> Self {
        Self::raw(node).await.sign_in(account, session(1)).await
    }

    pub(crate) async fn sign_in(mut self, account: AccountId, session: SessionId) -> Self {
        let token = token(account, session, SignedDuration::from_mins(4));
        self.send(&ClientMessage::Auth { token }).await;
        match self.receive().await {
            ServerMessage::Hello {
                account: told,
                heads,
                ..
            } => {
                assert_eq!(told, account);
                self.account = account;
                self.heads = heads;
                self
            }
            other => panic!("expected hello, got {other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, message: &ClientMessage) {
        let text = serde_json::to_string(message).expect("serialises");
        self.send_text(text).await;
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        // A closing server may not take it; what it answers is the test's matter.
        let _ = soon("sending", self.socket.send(Message::text(text))).await;
    }

    pub(crate) async fn send_binary(&mut self, bytes: Vec<u8>) {
        let _ = soon("sending", self.socket.send(Message::binary(bytes))).await;
    }

    /// The next message, or how the socket ended.
    pub(crate) async fn next(&mut self) -> Result<ServerMessage, Ended> {
        soon("a message", self.skip_to_message()).await
    }

    async fn skip_to_message(&mut self) -> Result<ServerMessage, Ended> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).expect("of the protocol"));
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Ended::Code(frame.code.into()));
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Err(Ended::Cut),
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn receive(&mut self) -> ServerMessage {
        match self.next().await {
            Ok(message) => message,
            Err(ended) => panic!("the socket ended: {ended:?}"),
        }
    }

    /// Skips messages until the socket ends.
    pub(crate) async fn end(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.next().await {
                return ended;
            }
        }
    }

    /// The next event, skipping everything else.
    pub(crate) async fn event(&mut self) -> Event {
        loop {
            if let ServerMessage::Event(event) = self.receive().await {
                return event;
            }
        }
    }

    /// Sends a message; its acknowledgement, and what arrived before it is skipped.
    pub(crate) async fn write(
        &mut self,
        conv: ConversationId,
        client_msg_id: Uuid,
        text: &str,
    ) -> Result<(u64, bool), ErrorCode> {
        self.send(&ClientMessage::Send {
            client_msg_id,
            conv,
            text: text.to_owned(),
        })
        .await;
        loop {
            match self.receive().await {
                ServerMessage::Ack {
                    client_msg_id: acked,
                    seq,
                    duplicate,
                    ..
                } if acked == client_msg_id => return Ok((seq, duplicate)),
                ServerMessage::Error {
                    client_msg_id: Some(refused),
                    code,
                    ..
                } if refused == client_msg_id => return Err(code),
                _ => {}
            }
        }
    }

    /// Resumes one conversation; the events that came before `resumed`.
    pub(crate) async fn resume(
        &mut self,
        conv: ConversationId,
        after: u64,
    ) -> Result<Vec<Event>, ServerMessage> {
        self.send(&ClientMessage::Resume {
            after: BTreeMap::from([(conv, after)]),
        })
        .await;
        let mut events = Vec::new();
        let mut refused = None;
        loop {
            match self.receive().await {
                ServerMessage::Event(event) => events.push(event),
                ServerMessage::Resumed { convs } => {
                    assert_eq!(convs.is_empty(), refused.is_some());
                    return refused.map_or(Ok(events), Err);
                }
                refusal @ (ServerMessage::Resync { .. } | ServerMessage::Error { .. }) => {
                    refused = Some(refusal);
                }
                _ => {}
            }
        }
    }
}

/// The text of a message event.
pub(crate) fn text(event: &Event) -> &str {
    match &event.body {
        Body::Message { text, .. } => text,
        other => panic!("not a message: {other:?}"),
    }
}

/// Sequences, for comparison.
pub(crate) fn seqs(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}
