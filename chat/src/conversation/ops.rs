//! What a member may do, each with its audit row in the same transaction.

use ::store::audit::Action;
use ::store::{Audit, Events, Exempt};
use domain::{ConversationId, ErrorCode, EventId};
use jiff::Timestamp;
use protocol::{Body, ClientMessageId, Event, Head, MAX_RESUMED};

use super::model::check_text;
use super::{Membership, PAGE, store};
use crate::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// A message to be stored.
#[derive(Clone)]
pub(crate) struct NewMessage {
    pub(crate) conv: ConversationId,
    pub(crate) client_msg_id: ClientMessageId,
    pub(crate) text: String,
}

/// Where a message is stored.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) seq: u64,
    pub(crate) id: EventId,
    pub(crate) at: Timestamp,
    /// What to pass on; none when it had been stored before.
    pub(crate) event: Option<Event>,
}

/// Stores `message` once, however often it is repeated.
///
/// # Errors
/// `too_large`, `invalid_field`, `not_a_member`, `forbidden`, `conversation_closed`; or the
/// database's, after which repeating is safe.
pub(crate) async fn send(
    app: &App,
    caller: &Caller,
    message: &NewMessage,
) -> Result<Stored, Refusal> {
    check_text(&message.text)?;
    ::store::retry(|| try_send(app, caller, message)).await
}

async fn try_send(app: &App, caller: &Caller, message: &NewMessage) -> Result<Stored, Refusal> {
    let conv = message.conv;
    let mut tx = app.db.begin().await?;
    let entry = |membership| caller.entry(Action::Send, conv, membership);
    let Some(membership) = store::lock(tx.conn(), conv, caller.account).await? else {
        tx.deny(entry(None).code(ErrorCode::NotAMember)).await?;
        return Err(ErrorCode::NotAMember.into());
    };
    let sent = store::find_sent(tx.conn(), conv, caller.account, message.client_msg_id).await?;
    if let Some((seq, id, at)) = sent {
        let stored = Exempt::AuditedBefore("the first storage of this message");
        tx.commit(Audit::exempt(stored), Events::none()).await?;
        return Ok(Stored {
            seq,
            id,
            at,
            event: None,
        });
    }
    if let Err(code) = membership.may_write() {
        tx.deny(entry(Some(&membership)).code(code)).await?;
        return Err(code.into());
    }
    let event = Event {
        conv,
        seq: store::next_seq(tx.conn(), conv).await?,
        id: app.ids.make()?,
        at: app.now(),
        body: Body::Message {
            sender: caller.account,
            client_msg_id: message.client_msg_id,
            text: message.text.clone(),
        },
    };
    store::insert(tx.conn(), &app.sealer, &event).await?;
    let audit = entry(Some(&membership)).detail("message", event.id.as_uuid());
    tx.commit(Audit::of(audit), Events::none()).await?;
    Ok(Stored {
        seq: event.seq,
        id: event.id,
        at: event.at,
        event: Some(event),
    })
}

/// What a `resume` of one conversation begins with.
#[derive(Debug)]
pub(crate) enum Resumption {
    /// The first page of what follows; more follows while pages are full.
    Events(Vec<Event>),
    /// The history must be read, up to this head.
    Resync(u64),
}

/// Begins to read `conv` after `after`, for a subscriber: this is the audited read, whatever the
/// subscription delivers later is part of it.
///
/// # Errors
/// `not_a_member`, or the database's.
pub(crate) async fn resume(
    app: &App,
    caller: &Caller,
    conv: ConversationId,
    after: u64,
) -> Result<Resumption, Refusal> {
    let mut tx = app.db.begin().await?;
    let Some(membership) = store::membership(tx.conn(), conv, caller.account).await? else {
        return Err(denied_read(tx, caller, conv).await);
    };
    if !membership.may_resume(after) {
        let nothing = Exempt::NoHealthData("the head of a conversation");
        tx.commit(Audit::exempt(nothing), Events::none()).await?;
        return Ok(Resumption::Resync(membership.head));
    }
    let events = store::after(tx.conn(), &app.sealer, conv, after, PAGE).await?;
    let entry = read_entry(caller, conv, &membership).detail("after", to_detail(after));
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(Resumption::Events(events))
}

/// The next page for a subscriber that resumed before.
///
/// # Errors
/// The database's.
pub(crate) async fn follow(
    app: &App,
    conv: ConversationId,
    after: u64,
) -> Result<Vec<Event>, Refusal> {
    let mut reader = app
        .db
        .reader(Exempt::AuditedBefore("the resume of this subscription"))
        .await?;
    Ok(store::after(reader.conn(), &app.sealer, conv, after, PAGE).await?)
}

/// The last `limit` events before `before`, in order, and whether there are earlier ones.
///
/// # Errors
/// `not_a_member`, or the database's.
pub(crate) async fn history(
    app: &App,
    caller: &Caller,
    conv: ConversationId,
    before: u64,
    limit: u32,
) -> Result<Vec<Event>, Refusal> {
    let mut tx = app.db.begin().await?;
    let Some(membership) = store::membership(tx.conn(), conv, caller.account).await? else {
        return Err(denied_read(tx, caller, conv).await);
    };
    let events = store::before(tx.conn(), &app.sealer, conv, before, limit).await?;
    let entry = read_entry(caller, conv, &membership)
        .detail("events", i64::try_from(events.len()).unwrap_or(i64::MAX));
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(events)
}

/// Where the caller's conversations stand.
///
/// # Errors
/// The database's.
pub(crate) async fn heads(app: &App, caller: &Caller) -> Result<Vec<Head>, Refusal> {
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData(
            "identifiers and positions of the caller's own conversations",
        ))
        .await?;
    Ok(store::heads(reader.conn(), caller.account, MAX_RESUMED).await?)
}

/// Moves the caller's read marker forward; where it is then.
///
/// # Errors
/// `not_a_member`, or the database's.
pub(crate) async fn mark_read(
    app: &App,
    caller: &Caller,
    conv: ConversationId,
    upto: u64,
) -> Result<u64, Refusal> {
    let mut tx = app.db.begin().await?;
    let Some(read) = store::mark_read(tx.conn(), conv, caller.account, upto).await? else {
        return Err(denied_read(tx, caller, conv).await);
    };
    let marker = Exempt::NoHealthData("a read marker");
    tx.commit(Audit::exempt(marker), Events::none()).await?;
    Ok(read)
}

fn read_entry(
    caller: &Caller,
    conv: ConversationId,
    membership: &Membership,
) -> ::store::AuditEntry {
    caller.entry(Action::Read, conv, Some(membership))
}

async fn denied_read(tx: ::store::Tx, caller: &Caller, conv: ConversationId) -> Refusal {
    let code = ErrorCode::NotAMember;
    match tx
        .deny(caller.entry(Action::Read, conv, None).code(code))
        .await
    {
        Ok(()) => code.into(),
        // A denial that is not on record must not look like one.
        Err(error) => error.into(),
    }
}

fn to_detail(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
