//! How mail leaves.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Who it is from: an address, or `Name <address>`.
    pub from: String,
    /// The origin that links in it lead to, such as `https://visits.example`.
    pub links: String,
    /// Where it goes.
    pub outgoing: Outgoing,
}

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum Outgoing {
    /// To a server that passes it on.
    Smtp(Smtp),
    /// Into `.eml` files in this folder, made with mode 0700: for demonstrations.
    Files(PathBuf),
}

/// A server that passes mail on.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name or address; its certificate must be for this.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who we are to it.
    pub credentials: Option<Credentials>,
    /// A PEM file of the one authority its certificate may be from; none means whoever this
    /// machine trusts.
    pub root: Option<PathBuf>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS by STARTTLS (RFC 3207); without it nothing is sent.
    StartTls,
    /// None: for a server on this machine.
    None,
}

/// Who we are to a mail server.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password; wiped on drop, never printed.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}
