//! The bot's signal connection.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use livekit_protocol as lk;
use lk::signal_request::Message as Request;
use lk::signal_response::Message as Response;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::error::LoadError;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Messages waiting to be sent at most; a bot never has more than a handful.
const QUEUE: usize = 64;

/// Sends; cheap to clone. The connection closes when the last one is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Speaker(mpsc::Sender<Request>);

/// Receives.
pub(crate) struct Listener(SplitStream<Socket>);

/// How a connection begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening<'a> {
    /// `127.0.0.1:PORT`.
    pub(crate) address: &'a str,
    pub(crate) token: &'a str,
    /// Who comes back.
    pub(crate) resumed: Option<&'a str>,
}

impl Opening<'_> {
    fn url(&self) -> String {
        let settings = lk::ConnectionSettings {
            auto_subscribe: true,
            ..Default::default()
        };
        let join = lk::JoinRequest {
            connection_settings: Some(settings),
            reconnect: self.resumed.is_some(),
            participant_sid: self.resumed.unwrap_or_default().to_owned(),
            ..Default::default()
        };
        let wrapped = lk::WrappedJoinRequest {
            compression: lk::wrapped_join_request::Compression::None as i32,
            join_request: join.encode_to_vec(),
        };
        let request = URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec());
        let Self { address, token, .. } = self;
        format!("ws://{address}/rtc/v1?access_token={token}&join_request={request}")
    }
}

/// Opens a connection. Starts one task, which ends with the last [`Speaker`].
pub(crate) async fn connect(opening: Opening<'_>) -> Result<(Speaker, Listener), LoadError> {
    let (socket, _) = connect_async(opening.url()).await.map_err(Box::new)?;
    let (sink, stream) = socket.split();
    let (speaker, queue) = mpsc::channel(QUEUE);
    tokio::spawn(speak(sink, queue));
    Ok((Speaker(speaker), Listener(stream)))
}

async fn speak(mut sink: SplitSink<Socket, Message>, mut queue: mpsc::Receiver<Request>) {
    while let Some(message) = queue.recv().await {
        let message = Some(message);
        let bytes = lk::SignalRequest { message }.encode_to_vec();
        if sink.send(Message::Binary(bytes.into())).await.is_err() {
            return;
        }
    }
    // The other side may have closed first.
    let _ = sink.close().await;
}

impl Speaker {
    /// One nobody hears.
    pub(crate) fn closed() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// Queues a message; one to a closed connection is lost, which its [`Listener`] tells.
    pub(crate) async fn say(&self, message: Request) {
        let _ = self.0.send(message).await;
    }
}

impl Listener {
    /// The next message; none when the connection has ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Response>, LoadError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    let response = lk::SignalResponse::decode(bytes);
                    let response =
                        response.map_err(|error| LoadError::Protocol(error.to_string()))?;
                    if let Some(message) = response.message {
                        return Ok(Some(message));
                    }
                }
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Box::new(error).into()),
            }
        }
    }
}
