//! Asking core-api for fresh media tokens: signaling verifies, it never mints.

use std::sync::Arc;
use std::time::Duration;

use bus::command::{CoreReply, CoreRequest};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use super::CoreClient;
use crate::room::{FreshToken, Renewal};

/// How long one answer may take; without one, the next sweep asks again.
const PATIENCE: Duration = Duration::from_secs(3);
/// Questions at core-api at once; the others wait here, so that after a restart, when all tokens
/// expire together, facts and sweeps still get through.
const AT_ONCE: usize = 32;

/// The end of a question: whose it was, and the token if there is one.
pub(crate) struct Renewed {
    pub(crate) renewal: Renewal,
    pub(crate) fresh: Option<FreshToken>,
}

/// The questions under way. Owned and driven by the task that owns the rooms, which asks one a
/// participant at a time; they end with their answer or patience, and all with that task.
pub(crate) struct Renewals {
    core: CoreClient,
    turns: Arc<Semaphore>,
    under_way: FuturesUnordered<BoxFuture<'static, Renewed>>,
}

impl Renewals {
    pub(crate) fn new(core: CoreClient) -> Self {
        Self {
            core,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            under_way: FuturesUnordered::new(),
        }
    }

    /// Begins to ask for `renewal`; never waits.
    pub(crate) fn ask(&self, renewal: Renewal) {
        let (core, turns) = (Arc::clone(&self.core), Arc::clone(&self.turns));
        self.under_way.push(Box::pin(async move {
            // Nobody closes the semaphore, and a closed one would only mean no queue.
            let _turn = turns.acquire().await;
            let fresh = fetch(&core, &renewal).await;
            Renewed { renewal, fresh }
        }));
    }

    /// The next question that came to its end; at once none while none is under way. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Renewed> {
        self.under_way.next().await
    }
}

async fn fetch(core: &CoreClient, renewal: &Renewal) -> Option<FreshToken> {
    let question = CoreRequest::RenewToken {
        visit: renewal.visit,
        account: renewal.account,
    };
    match core.call(&question, PATIENCE).await {
        Ok(CoreReply::Token { token, expires_at }) => Some(FreshToken {
            token,
            until: expires_at,
        }),
        Ok(CoreReply::Refused) => {
            let room = renewal.visit;
            tracing::warn!(room.id = %room, "core-api refused to renew a media token");
            None
        }
        Ok(CoreReply::Unavailable | CoreReply::Stored | CoreReply::RoomsStatus { .. }) => None,
        Err(error) => {
            tracing::debug!("A media token was not renewed: {error}");
            None
        }
    }
}
