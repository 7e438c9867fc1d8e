//! Why a scenario could not be carried out.

use std::io;

use livekit_protocol as lk;

/// Each says what to do about it, where something can be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{what} is {given}, between {least} and {most} is allowed")]
    Bounds {
        what: &'static str,
        given: u64,
        least: u64,
        most: u64,
    },
    #[error("{path} cannot be started: {source}; build it with `cargo build -p server`")]
    Start { path: String, source: io::Error },
    #[error("the node ended at once; it said:\n{0}")]
    Ended(String),
    #[error(transparent)]
    Key(#[from] auth::KeyError),
    #[error(transparent)]
    Mint(#[from] auth::MintError),
    #[error(transparent)]
    Entropy(#[from] domain::EntropyError),
    #[error("process {pid} cannot be read: {source}")]
    Process { pid: u32, source: io::Error },
    #[error("the signal connection failed: {0}")]
    Socket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    #[error("the server said something unexpected: {0}")]
    Protocol(String),
    #[error("the node sent a bot away: {0}")]
    SentAway(&'static str),
    #[error("the peer connection failed: {0}")]
    Peer(#[from] rtc::shared::error::Error),
    #[error("an SRTP profile without AES-GCM was negotiated")]
    NotGcm,
    #[error("the cipher failed")]
    Cipher,
    #[error("the bots' threads have ended")]
    Bots,
    #[error("the HTTP connection failed: {0}")]
    Http(#[from] hyper::Error),
    #[error("{0} failed; it said:\n{1}")]
    Program(&'static str, String),
    #[error("waited in vain for {0}")]
    Timeout(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl LoadError {
    /// The node told a bot to go.
    pub(crate) fn sent_away(leave: &lk::LeaveRequest) -> Self {
        Self::SentAway(leave.reason().as_str_name())
    }
}
