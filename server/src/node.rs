//! What a node is made of.

use std::path::PathBuf;
use std::sync::Arc;

use bus::BusDir;
use domain::{Clock, Entropy, Ids};
use runtime::Context;
use store::Db;
use store::sealing::KeyRing;

use crate::data_dir::Keys;
use crate::settings::Settings;

/// Which services run in this process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts {
    pub(crate) core_api: bool,
    pub(crate) chat: bool,
    pub(crate) signaling: bool,
    pub(crate) sfu: bool,
    /// Serve the web client and, without `DATABASE_URL`, run the private database.
    pub(crate) whole: bool,
    /// Seed and print the demo accounts.
    pub(crate) demo: bool,
}

/// Where facts are kept, and what seals them.
#[derive(Clone)]
pub(crate) struct Data {
    pub(crate) db: Db,
    pub(crate) sealing: KeyRing,
}

/// What every service of the node is made from.
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) keys: Keys,
    pub(crate) bus: BusDir,
    /// Where the visit journal waits for core-api.
    pub(crate) journal: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) ids: Ids,
    pub(crate) context: Context,
    /// Of the media engine and its relay, which end last: until everybody is told, media goes on.
    /// Health and metrics are the same.
    pub(crate) media: Context,
}
