//! One socket's life: authenticate, greet, then serve what the client sends, one at a time,
//! while a second task writes.

mod frame;
mod requests;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use domain::{ErrorCode, EventId, RequestId};
use futures::{Sink, Stream, StreamExt as _};
use protocol::{ClientMessage, ServerMessage, close};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

pub(crate) use frame::{Received, Sent};

use crate::App;
use crate::caller::Caller;
use crate::conversation::ops;
use crate::hub::{ConnectionId, Outbox, to_text};
use crate::refusal::Refusal;

/// How long a fresh socket may take to authenticate.
const AUTH: Duration = Duration::from_secs(5);
/// Silence after which a socket counts as dead; it is pinged every 30 s.
const SILENCE: Duration = Duration::from_secs(75);
/// How long a closing socket is read, so that the close frame is not lost to a reset.
const FAREWELL: Duration = Duration::from_secs(2);

/// Close codes of RFC 6455, section 7.4.1.
mod rfc {
    pub(super) const NORMAL: u16 = 1000;
    pub(super) const GOING_AWAY: u16 = 1001;
    pub(super) const TOO_BIG: u16 = 1009;
    pub(super) const INTERNAL: u16 = 1011;
}

/// Runs one upgraded socket until it ends. Owns a writer task, which ends with it.
pub(crate) async fn run<I, O>(app: Arc<App>, mut incoming: I, outgoing: O)
where
    I: Stream<Item = Received> + Send + Unpin,
    O: Sink<Sent> + Send + Unpin + 'static,
{
    let (outbox, queue) = Outbox::new();
    let writer = tokio::spawn(writer::run(outgoing, queue, outbox.clone()));
    let writer = AbortOnDropHandle::new(writer);
    let code = serve(&app, &mut incoming, &outbox).await;
    outbox.close(code);
    let farewell = async { while incoming.next().await.is_some_and(|f| !f.is_end()) {} };
    // Either the client answers the close frame, or it has had its time.
    let _ = timeout(FAREWELL, farewell).await;
    // It ends by itself soon after `close`: every wait in it is bounded.
    let _ = writer.await;
}

/// The close code the socket ends with.
async fn serve<I>(app: &Arc<App>, incoming: &mut I, outbox: &Outbox) -> u16
where
    I: Stream<Item = Received> + Send + Unpin,
{
    let Ok(id) = app.ids.make::<EventId>().map(EventId::as_uuid) else {
        return rfc::INTERNAL;
    };
    let caller = match timeout(AUTH, authenticate(app, incoming, id)).await {
        Ok(Ok(caller)) => caller,
        Ok(Err(code)) => return code,
        Err(_) => return close::UNAUTHENTICATED,
    };
    app.hub
        .core()
        .join(id, caller.account, caller.session, outbox.clone());
    let mut session = Session {
        app: Arc::clone(app),
        id,
        caller,
        outbox: outbox.clone(),
        known: std::collections::BTreeSet::new(),
    };
    match session.greet().await {
        Ok(()) => session.serve(incoming).await,
        Err(code) => code,
    }
}

/// The first message must carry a token that counts.
async fn authenticate<I>(app: &App, incoming: &mut I, id: ConnectionId) -> Result<Caller, u16>
where
    I: Stream<Item = Received> + Send + Unpin,
{
    let text = loop {
        match incoming.next().await {
            Some(Received::Text(text)) => break text,
            Some(Received::Alive) => {}
            Some(Received::TooBig) => return Err(rfc::TOO_BIG),
            Some(Received::End) | None => return Err(rfc::NORMAL),
            Some(Received::Other) => return Err(close::UNAUTHENTICATED),
        }
    };
    let Ok(ClientMessage::Auth { token }) = serde_json::from_slice(&text) else {
        return Err(close::UNAUTHENTICATED);
    };
    Caller::open(app, &token, RequestId::from(id))
        .await
        .map_err(|refusal| {
            refusal.log("authenticating a socket");
            close_code(&refusal)
        })
}

/// What a refused token ends the socket with.
fn close_code(refusal: &Refusal) -> u16 {
    match refusal.code() {
        ErrorCode::Unauthenticated => close::UNAUTHENTICATED,
        // The client comes back later and finds the session as it was.
        _ => rfc::INTERNAL,
    }
}

/// An authenticated socket.
struct Session {
    app: Arc<App>,
    id: ConnectionId,
    caller: Caller,
    outbox: Outbox,
    /// Conversations the client has been told of.
    known: std::collections::BTreeSet<domain::ConversationId>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.app.hub.core().leave(self.id);
    }
}

impl Session {
    async fn greet(&mut self) -> Result<(), u16> {
        let heads = ops::heads(&self.app, &self.caller)
            .await
            .map_err(|refusal| {
                refusal.log("greeting a socket");
                rfc::INTERNAL
            })?;
        self.known = heads.iter().map(|head| head.conv).collect();
        let hello = ServerMessage::Hello {
            conn: self.id,
            epoch: self.app.hub.epoch(),
            account: self.caller.account,
            heads,
        };
        self.say(&hello).await
    }

    /// Serves until something ends the socket; its close code.
    async fn serve<I>(&mut self, incoming: &mut I) -> u16
    where
        I: Stream<Item = Received> + Send + Unpin,
    {
        let shutdown = self.app.context.tasks.shutdown();
        let outbox = self.outbox.clone();
        let mut expires = self.expiry();
        let mut heard = Instant::now();
        loop {
            // Handlers run to their end inside an arm; only the waiting is raced.
            let handled = tokio::select! {
                frame = incoming.next() => {
                    heard = Instant::now();
                    match frame {
                        Some(Received::Text(text)) => self.handle(&text, &mut expires).await,
                        Some(Received::Alive) => Ok(()),
                        Some(Received::TooBig) => Err(rfc::TOO_BIG),
                        Some(Received::Other) => Err(close::MALFORMED),
                        Some(Received::End) | None => Err(rfc::NORMAL),
                    }
                }
                () = outbox.woken() => self.look_around().await,
                code = outbox.closing() => Err(code),
                () = shutdown.begun() => Err(rfc::GOING_AWAY),
                () = sleep_until(expires) => Err(close::UNAUTHENTICATED),
                () = sleep_until(heard + SILENCE) => Err(rfc::GOING_AWAY),
            };
            if let Err(code) = handled {
                return code;
            }
        }
    }

    /// When the token ends, on the clock that timers run by.
    fn expiry(&self) -> Instant {
        let left = self.caller.expires_at.duration_since(self.app.now());
        Instant::now() + Duration::try_from(left).unwrap_or_default()
    }

    /// One message of the client. `Err` ends the socket.
    async fn handle(&mut self, text: &[u8], expires: &mut Instant) -> Result<(), u16> {
        match serde_json::from_slice(text).map_err(|_| close::MALFORMED)? {
            ClientMessage::Auth { token } | ClientMessage::AuthRefresh { token } => {
                self.refresh(&token).await?;
                *expires = self.expiry();
                Ok(())
            }
            ClientMessage::Resume { after } => self.resume(after).await,
            ClientMessage::Send {
                client_msg_id,
                conv,
                text,
            } => self.send(client_msg_id, conv, text).await,
            ClientMessage::Read { conv, upto } => self.mark_read(conv, upto).await,
            ClientMessage::Typing { conv } => self.typing(conv).await,
            ClientMessage::Ping { nonce } => self.say(&ServerMessage::Pong { nonce }).await,
        }
    }

    async fn refresh(&mut self, token: &str) -> Result<(), u16> {
        let newer = match Caller::open(&self.app, token, RequestId::from(self.id)).await {
            Ok(newer) => newer,
            Err(refusal) if refusal.code() == ErrorCode::Unauthenticated => {
                return Err(close::UNAUTHENTICATED);
            }
            Err(refusal) => {
                // The token at hand still counts; the client tries again before it ends.
                refusal.log("refreshing a socket's token");
                return self.refuse(&refusal, None, None).await;
            }
        };
        if newer.account != self.caller.account {
            return Err(close::UNAUTHENTICATED);
        }
        self.app.hub.core().refresh(self.id, newer.session);
        self.caller = newer;
        Ok(())
    }

    /// Queues a message, waiting for the writer.
    async fn say(&self, message: &ServerMessage) -> Result<(), u16> {
        match self.outbox.push(to_text(message)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.outbox.closing().await),
        }
    }

    async fn refuse(
        &self,
        refusal: &Refusal,
        client_msg_id: Option<Uuid>,
        conv: Option<domain::ConversationId>,
    ) -> Result<(), u16> {
        self.say(&ServerMessage::Error {
            code: refusal.code(),
            detail: refusal.detail().to_owned(),
            client_msg_id,
            conv,
        })
        .await
    }
}
