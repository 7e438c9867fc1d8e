//! One HTTP request.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// No answer that is asked for here is longer.
const ANSWER: u64 = 4 * 1024 * 1024;

/// The body of a successful answer.
pub(super) async fn get<S>(stream: S, path: &str) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let mut stream = stream;
    let asked = timeout(PATIENCE, async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        // A peer that closes TLS without saying so has said everything else.
        match stream.take(ANSWER).read_to_end(&mut answer).await {
            Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok(()),
        }
    });
    asked.await.ok()?.ok()?;
    let text = String::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}
