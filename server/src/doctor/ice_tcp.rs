//! What a browser says first on a TCP connection for media (RFC 6544), by somebody nobody knows.

use std::net::SocketAddr;

use stun_types::attribute::Username;
use stun_types::message::{BINDING, Message, MessageWriteVec};
use stun_types::prelude::*;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// A user name that the first media worker looks for in vain: its part comes first (`AA` is the
/// number of the worker).
const NOBODY: &str = "AAself-test:self-test";

/// Connects and sends the request in its frame (RFC 4571). The connection stays open with what is
/// returned.
pub(super) async fn knock(address: SocketAddr) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = request().ok_or(std::io::ErrorKind::InvalidData)?;
    let length = u16::try_from(request.len()).map_err(std::io::Error::other)?;
    let framed = [&length.to_be_bytes()[..], &request].concat();
    stream.write_all(&framed).await?;
    stream.flush().await?;
    Ok(stream)
}

fn request() -> Option<Vec<u8>> {
    let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
    message.add_attribute(&Username::new(NOBODY).ok()?).ok()?;
    Some(message.finish())
}
