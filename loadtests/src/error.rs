//! Why a scenario could not be carried out.

/// Each says what to do about it, where something can be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{0} is not a loopback address: bots talk to this machine only")]
    NotLoopback(String),
    #[error("{0} is not an address like ws://127.0.0.1:8080")]
    BadUrl(String),
    #[error("{what} is {given}, at most {most} are allowed")]
    TooMuch {
        what: &'static str,
        given: u64,
        most: u64,
    },
    #[error("there is nothing to measure: nobody would receive anything")]
    Nothing,
    #[error(transparent)]
    Key(#[from] auth::KeyError),
    #[error(transparent)]
    Mint(#[from] auth::MintError),
    #[error(transparent)]
    Entropy(#[from] domain::EntropyError),
    #[error("process {pid} cannot be read: {source}")]
    Process { pid: u32, source: std::io::Error },
    #[error("the signal connection failed: {0}")]
    Socket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    #[error("the server said something unexpected: {0}")]
    Protocol(String),
    #[error("the peer connection failed: {0}")]
    Peer(#[from] webrtc::error::Error),
    #[error("waited in vain for {0}")]
    Timeout(&'static str),
}
