//! What every operation may use.

use std::sync::Arc;

use ::store::Db;
use ::store::sealing::Sealer;
use auth::Key;
use bus::moderation::{RoomCommand, RoomReply};
use bus::request;
use domain::{Clock, Entropy, Ids};
use jiff::{Timestamp, Unit};
use tokio::sync::Notify;

use crate::Config;
use crate::account::password::Passwords;
use crate::invitation::guesses::Guesses;
use crate::mail::Post;
use crate::metrics::Metrics;
use crate::patient::store::Names;
use crate::refusal::Refusal;
use crate::throttle::{Failures, Limiter};

/// The running core-api, shared by every request and task.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) ids: Ids,
    pub(crate) passwords: Passwords,
    pub(crate) session_key: Key,
    pub(crate) media_key: Key,
    pub(crate) seals: Seals,
    pub(crate) metrics: Metrics,
    /// Wrong passwords and codes.
    pub(crate) failures: Failures,
    /// Requests by user, clinic and address.
    pub(crate) limiter: Box<dyn Limiter>,
    /// Names of patients that were opened for searches.
    pub(crate) names: Names,
    /// How many wrong secrets of guests are looked into.
    pub(crate) guesses: Guesses,
    /// What sends mail, where the server does.
    pub(crate) post: Option<Post>,
    /// Wakes the task that makes links people asked for.
    pub(crate) asked: Notify,
    /// The media rooms, for those who keep order in them.
    pub(crate) rooms: request::Client<RoomCommand, RoomReply>,
}

/// The sealers core-api holds, one a class of data.
#[derive(Clone)]
pub(crate) struct Seals {
    pub(crate) clinical: Sealer,
    pub(crate) demographics: Sealer,
    pub(crate) secrets: Sealer,
}

impl App {
    /// The present instant, to the microsecond: what is compared is what will be stored.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        now.round(Unit::Microsecond).unwrap_or(now)
    }

    /// A fresh identifier.
    pub(crate) fn id<T: From<uuid::Uuid>>(&self) -> Result<T, Refusal> {
        self.ids.make().map_err(Refusal::internal)
    }
}
