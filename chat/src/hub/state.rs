//! The state of the hub, without locks or waiting.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::{AccountId, ConversationId, SessionId};
use protocol::{Event, MAX_RESUMED, ServerMessage, close};

use super::{ConnectionId, Full, Outbox, to_text};
use crate::metrics::Metrics;

/// The state of the hub: connections, their subscriptions, and nothing that waits.
#[derive(Debug, Default)]
pub(crate) struct Core {
    per_account: usize,
    metrics: Metrics,
    connections: HashMap<ConnectionId, Connection>,
    /// Connections of each account, oldest first.
    accounts: HashMap<AccountId, Vec<ConnectionId>>,
    followers: HashMap<ConversationId, HashMap<ConnectionId, Subscription>>,
}

#[derive(Debug)]
struct Connection {
    account: AccountId,
    session: SessionId,
    outbox: Outbox,
    /// What it follows, and for those it must catch up with: from where.
    follows: BTreeMap<ConversationId, Option<u64>>,
    /// Whether its memberships grew since it asked for its heads.
    joined: bool,
}

#[derive(Debug, Clone, Copy)]
enum Subscription {
    /// Has everything up to `last`.
    Live { last: u64 },
    /// Reads by itself; `noted` is the highest sequence reported meanwhile.
    CatchingUp { noted: u64 },
}

impl Core {
    /// Nobody is connected; each account may have `per_account` connections, at least one.
    pub(super) fn new(per_account: usize, metrics: Metrics) -> Self {
        Self {
            per_account: per_account.max(1),
            metrics,
            ..Self::default()
        }
    }

    /// A connection has authenticated. Beyond the account's limit its oldest one is closed.
    pub(crate) fn join(
        &mut self,
        id: ConnectionId,
        account: AccountId,
        session: SessionId,
        outbox: Outbox,
    ) {
        let of_account = self.accounts.entry(account).or_default();
        of_account.push(id);
        let too_many = (of_account.len() > self.per_account).then(|| of_account[0]);
        self.connections.insert(
            id,
            Connection {
                account,
                session,
                outbox,
                follows: BTreeMap::new(),
                joined: false,
            },
        );
        if let Some(oldest) = too_many {
            self.close(oldest, close::TOO_MANY);
        }
        self.count();
    }

    /// The connection presented a token of `session`.
    pub(crate) fn refresh(&mut self, id: ConnectionId, session: SessionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.session = session;
        }
    }

    /// The connection is gone. Repeating it changes nothing.
    pub(crate) fn leave(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        for conv in connection.follows.keys() {
            self.unfollow(*conv, id);
        }
        if let Some(of_account) = self.accounts.get_mut(&connection.account) {
            of_account.retain(|other| *other != id);
            if of_account.is_empty() {
                self.accounts.remove(&connection.account);
            }
        }
        self.count();
    }

    fn count(&self) {
        let connected = i64::try_from(self.connections.len()).unwrap_or(i64::MAX);
        self.metrics.connections.set(connected);
    }

    /// The connection begins to follow `conv`, catching up; false when it follows too much.
    pub(crate) fn follow(&mut self, id: ConnectionId, conv: ConversationId) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else {
            return true; // It is being closed.
        };
        if connection.follows.len() >= MAX_RESUMED && !connection.follows.contains_key(&conv) {
            return false;
        }
        connection.follows.insert(conv, None);
        self.followers
            .entry(conv)
            .or_default()
            .insert(id, Subscription::CatchingUp { noted: 0 });
        true
    }

    /// The connection does not follow `conv` any more.
    pub(crate) fn stop_following(&mut self, id: ConnectionId, conv: ConversationId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.follows.remove(&conv);
        }
        self.unfollow(conv, id);
    }

    /// Whether the connection follows `conv`.
    pub(crate) fn follows(&self, id: ConnectionId, conv: ConversationId) -> bool {
        self.connections
            .get(&id)
            .is_some_and(|connection| connection.follows.contains_key(&conv))
    }

    /// The connection has queued everything up to `last` by itself. True when nothing further was
    /// reported meanwhile: from here on it is pushed to. False: it must read on.
    pub(crate) fn caught_up(&mut self, id: ConnectionId, conv: ConversationId, last: u64) -> bool {
        let subscription = self
            .followers
            .get_mut(&conv)
            .and_then(|followers| followers.get_mut(&id));
        match subscription {
            Some(Subscription::CatchingUp { noted }) if *noted > last => false,
            Some(subscription) => {
                *subscription = Subscription::Live { last };
                true
            }
            None => true, // It was removed from the conversation.
        }
    }

    /// What the connection must catch up with, and from where; and whether its memberships grew.
    pub(crate) fn due(&mut self, id: ConnectionId) -> (Vec<(ConversationId, u64)>, bool) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return (Vec::new(), false);
        };
        let behind = connection
            .follows
            .iter_mut()
            .filter_map(|(conv, from)| from.take().map(|from| (*conv, from)))
            .collect();
        (behind, std::mem::take(&mut connection.joined))
    }

    /// `event` was committed.
    pub(crate) fn publish(&mut self, event: &Event) {
        let Some(followers) = self.followers.get_mut(&event.conv) else {
            return;
        };
        let text = to_text(&ServerMessage::Event(event.clone()));
        let mut slow = Vec::new();
        for (id, subscription) in followers {
            let Some(connection) = self.connections.get_mut(id) else {
                continue;
            };
            match subscription {
                Subscription::CatchingUp { noted } => *noted = (*noted).max(event.seq),
                Subscription::Live { last } if event.seq <= *last => {}
                Subscription::Live { last } if event.seq == *last + 1 => {
                    match connection.outbox.offer(text.clone()) {
                        Ok(()) => {
                            *last = event.seq;
                            self.metrics.delivered.inc();
                        }
                        Err(Full) => slow.push(*id),
                    }
                }
                Subscription::Live { last } => {
                    connection.follows.insert(event.conv, Some(*last));
                    *subscription = Subscription::CatchingUp { noted: event.seq };
                    connection.outbox.wake();
                }
            }
        }
        for id in slow {
            self.metrics.slow.inc();
            self.close(id, close::SLOW_CONSUMER);
        }
    }

    /// Passes an ephemeral message on to the followers of `conv`, `except` one; whoever has no
    /// room misses it.
    pub(crate) fn pass_on(
        &self,
        conv: ConversationId,
        message: &ServerMessage,
        except: Option<ConnectionId>,
    ) {
        let Some(followers) = self.followers.get(&conv) else {
            return;
        };
        let text: Bytes = to_text(message);
        for id in followers.keys().filter(|id| Some(**id) != except) {
            if let Some(connection) = self.connections.get(id) {
                // Ephemeral: a full queue is no reason to close.
                let _ = connection.outbox.offer(text.clone());
            }
        }
    }

    /// `account` became a member of something: its connections look for what is new.
    pub(crate) fn joined(&mut self, account: AccountId) {
        for id in self.accounts.get(&account).into_iter().flatten() {
            if let Some(connection) = self.connections.get_mut(id) {
                connection.joined = true;
                connection.outbox.wake();
            }
        }
    }

    /// `account` is no longer a member of `conv`.
    pub(crate) fn left(&mut self, account: AccountId, conv: ConversationId) {
        for id in self.accounts.get(&account).cloned().unwrap_or_default() {
            self.stop_following(id, conv);
        }
    }

    /// `session` has ended: its sockets close.
    pub(crate) fn end_session(&mut self, account: AccountId, session: SessionId) {
        for id in self.accounts.get(&account).cloned().unwrap_or_default() {
            let ended = |connection: &Connection| connection.session == session;
            if self.connections.get(&id).is_some_and(ended) {
                self.close(id, close::UNAUTHENTICATED);
            }
        }
    }

    /// `account` was disabled: its sockets close.
    pub(crate) fn end_account(&mut self, account: AccountId) {
        for id in self.accounts.get(&account).cloned().unwrap_or_default() {
            self.close(id, close::UNAUTHENTICATED);
        }
    }

    fn close(&mut self, id: ConnectionId, code: u16) {
        if let Some(connection) = self.connections.get(&id) {
            connection.outbox.close(code);
        }
        self.leave(id);
    }

    fn unfollow(&mut self, conv: ConversationId, id: ConnectionId) {
        if let Some(followers) = self.followers.get_mut(&conv) {
            followers.remove(&id);
            if followers.is_empty() {
                self.followers.remove(&conv);
            }
        }
    }
}

#[cfg(test)]
mod tests;
