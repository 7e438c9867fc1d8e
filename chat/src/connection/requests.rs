//! What an authenticated client may ask for. `Err` ends the socket with that code; refusals are
//! answered and the socket goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{ConversationId, ErrorCode};
use protocol::{ClientMessageId, Event, MAX_RESUMED, ServerMessage};
use tokio::sync::oneshot;

use super::Session;
use crate::conversation::PAGE;
use crate::conversation::ops::{self, NewMessage, Resumption};
use crate::refusal::Refusal;

impl Session {
    /// Stores the message and acknowledges it. Storing and passing on run in a task of their own:
    /// a socket that ends in between must not keep the others from what was committed.
    pub(super) async fn send(
        &self,
        client_msg_id: ClientMessageId,
        conv: ConversationId,
        text: String,
    ) -> Result<(), u16> {
        let message = NewMessage {
            conv,
            client_msg_id,
            text,
        };
        let (done, stored) = oneshot::channel();
        let (app, caller) = (Arc::clone(&self.app), self.caller.clone());
        self.app.context.tasks.spawn("chat-send", async move {
            let stored = ops::send(&app, &caller, &message).await;
            if let Ok(Some(event)) = stored.as_ref().map(|stored| &stored.event) {
                app.metrics.stored.inc();
                app.hub.core().publish(event);
            }
            // The socket may have ended; whoever sent asks again.
            let _ = done.send(stored);
        });
        match stored.await.unwrap_or(Err(Refusal::Panic)) {
            Ok(stored) => {
                self.say(&ServerMessage::Ack {
                    client_msg_id,
                    conv,
                    seq: stored.seq,
                    id: stored.id,
                    at: stored.at,
                    duplicate: stored.event.is_none(),
                })
                .await
            }
            Err(refusal) => {
                refusal.log("storing a message");
                self.refuse(&refusal, Some(client_msg_id), Some(conv)).await
            }
        }
    }

    /// Follows the conversations from where the client stands. Each is served wholly, or the
    /// client is told to read the history, or that it may not.
    pub(super) async fn resume(&mut self, after: BTreeMap<ConversationId, u64>) -> Result<(), u16> {
        if after.len() > MAX_RESUMED {
            let refusal = Refusal::Rule(ErrorCode::TooLarge);
            return self.refuse(&refusal, None, None).await;
        }
        let mut convs = Vec::with_capacity(after.len());
        for (conv, after) in after {
            if self.resume_one(conv, after).await? {
                convs.push(conv);
            }
        }
        self.say(&ServerMessage::Resumed { convs }).await
    }

    /// Whether `conv` is followed now.
    async fn resume_one(&mut self, conv: ConversationId, after: u64) -> Result<bool, u16> {
        // First follow, then read: what is committed in between is noted by the hub.
        if !self.app.hub.core().follow(self.id, conv) {
            let refusal = Refusal::Rule(ErrorCode::TooLarge);
            self.refuse(&refusal, None, Some(conv)).await?;
            return Ok(false);
        }
        match ops::resume(&self.app, &self.caller, conv, after).await {
            Ok(Resumption::Events(page)) => {
                self.known.insert(conv);
                self.deliver(conv, after, page).await?;
                Ok(true)
            }
            Ok(Resumption::Resync(head)) => {
                self.app.hub.core().stop_following(self.id, conv);
                self.say(&ServerMessage::Resync { conv, head }).await?;
                Ok(false)
            }
            Err(refusal) => {
                self.app.hub.core().stop_following(self.id, conv);
                refusal.log("resuming a conversation");
                self.refuse(&refusal, None, Some(conv)).await?;
                Ok(false)
            }
        }
    }

    /// Queues `page` and every event after it, until the hub takes over.
    async fn deliver(
        &self,
        conv: ConversationId,
        mut last: u64,
        mut page: Vec<Event>,
    ) -> Result<(), u16> {
        loop {
            let full = page.len() == PAGE as usize;
            for event in page {
                last = event.seq;
                self.say(&ServerMessage::Event(event)).await?;
            }
            if !full && self.app.hub.core().caught_up(self.id, conv, last) {
                return Ok(());
            }
            page = ops::follow(&self.app, conv, last)
                .await
                .map_err(|refusal| {
                    // The client connects again and resumes from what it has.
                    refusal.log("reading for a subscriber");
                    super::rfc::INTERNAL
                })?;
        }
    }

    /// The hub left something to do: gaps to fill, new conversations to tell of.
    pub(super) async fn look_around(&mut self) -> Result<(), u16> {
        let (behind, joined) = self.app.hub.core().due(self.id);
        for (conv, from) in behind {
            self.deliver(conv, from, Vec::new()).await?;
        }
        if !joined {
            return Ok(());
        }
        let heads = ops::heads(&self.app, &self.caller)
            .await
            .map_err(|refusal| {
                refusal.log("looking for new conversations");
                super::rfc::INTERNAL
            })?;
        // Whoever left a conversation and comes back is told again.
        let present: std::collections::BTreeSet<_> = heads.iter().map(|head| head.conv).collect();
        let told = std::mem::replace(&mut self.known, present);
        for head in heads.into_iter().filter(|head| !told.contains(&head.conv)) {
            self.say(&ServerMessage::Joined { head }).await?;
        }
        Ok(())
    }

    pub(super) async fn mark_read(&self, conv: ConversationId, upto: u64) -> Result<(), u16> {
        match ops::mark_read(&self.app, &self.caller, conv, upto).await {
            Ok(upto) => {
                let read = ServerMessage::Read {
                    conv,
                    account: self.caller.account,
                    upto,
                };
                self.app.hub.core().pass_on(conv, &read, None);
                Ok(())
            }
            Err(refusal) => {
                refusal.log("moving a read marker");
                self.refuse(&refusal, None, Some(conv)).await
            }
        }
    }

    pub(super) async fn typing(&self, conv: ConversationId) -> Result<(), u16> {
        let known = {
            let core = self.app.hub.core();
            let follows = core.follows(self.id, conv);
            if follows {
                let typing = ServerMessage::Typing {
                    conv,
                    account: self.caller.account,
                };
                core.pass_on(conv, &typing, Some(self.id));
            }
            follows
        };
        if known {
            return Ok(());
        }
        let refusal = Refusal::Rule(ErrorCode::NotAMember);
        self.refuse(&refusal, None, Some(conv)).await
    }
}
