//! Outgoing mail. A letter is a row, sealed, in the transaction of what it tells of; a task sends
//! it and tries again until it is sent or says nothing any more. Letters hold links and codes,
//! nothing of a person's health, and no letter or address is ever logged.

mod config;
pub(crate) mod letter;
pub(crate) mod send;
pub(crate) mod store;
mod transport;

use ::store::Connection;
use domain::AccountId;
use jiff::{SignedDuration, Timestamp};
use lettre::message::Mailbox;
use tokio::sync::Notify;

pub use config::{Credentials, MailConfig, Outgoing, Security, Smtp};
pub use transport::probe;

use crate::app::App;
use crate::mail::letter::Letter;
use crate::refusal::Refusal;
use transport::Transport;

/// Letters that wait, of everybody; beyond them new ones are refused.
const WAITING: i64 = 10_000;
/// Letters an account gets within [`LATELY`]: nobody can fill somebody's box through us.
const MOST: i64 = 5;
const LATELY: SignedDuration = SignedDuration::from_hours(1);

/// What sends mail.
pub(crate) struct Post {
    transport: Transport,
    from: Mailbox,
    /// The origin that links lead to.
    links: String,
    /// Wakes the task that sends; it looks by itself every few seconds as well.
    wake: Notify,
}

impl Post {
    /// Ready to send as `config` says.
    ///
    /// # Errors
    /// What is wrong with the settings, as a sentence.
    pub(crate) fn new(config: &MailConfig) -> Result<Self, String> {
        let from = config.from.parse();
        Ok(Self {
            transport: Transport::new(&config.outgoing)?,
            from: from.map_err(|_| "the sender of mail is no mail address".to_owned())?,
            links: config.links.trim_end_matches('/').to_owned(),
            wake: Notify::new(),
        })
    }

    /// The address of `page` with `secret` in its fragment, which browsers send to no server.
    pub(crate) fn link(&self, page: &str, secret: &str) -> String {
        format!("{}/{page}#{secret}", self.links)
    }

    /// Says that something has been put down. After its transaction.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Puts a letter down, to be sent once the transaction on `conn` is committed; whether there was
/// room for it.
pub(crate) async fn put_down(
    app: &App,
    conn: &mut Connection,
    account: AccountId,
    letter: &Letter,
    now: Timestamp,
) -> Result<bool, Refusal> {
    let since = now.saturating_sub(LATELY).unwrap_or(Timestamp::MIN);
    if store::count_waiting(conn, WAITING).await? >= WAITING
        || store::count_since(conn, account, since).await? >= MOST
    {
        return Ok(false);
    }
    let id = app.id()?;
    store::insert(conn, &app.seals.secrets, id, account, letter, now).await?;
    Ok(true)
}
