//! Answering signaling.

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt};
use bus::command::{CoreReply, CoreRequest, MediaToken, RoomEventKind};
use domain::{AccountId, ErrorCode, VisitAction, VisitId};

use crate::app::App;
use crate::refusal::Refusal;
use crate::room::store::{self, RoomEvent};
use crate::visit;
use crate::visit::model::VisitRecord;
use crate::visit::rules::{self, Relation};

/// Rooms asked about at most in one request.
const MOST_ROOMS: usize = 1_000;

/// The answer to a request. A refusal by the database means "ask again", never "stored".
pub(crate) async fn answer(app: &App, request: CoreRequest) -> CoreReply {
    let answered = match request {
        CoreRequest::RoomEvent {
            visit,
            room_epoch,
            number,
            at,
            account,
            what,
        } => {
            let event = RoomEvent {
                visit,
                room_epoch,
                number,
                account,
                what,
                at,
            };
            record(app, &event).await
        }
        CoreRequest::RoomsStatus { visits } => statuses(app, &visits).await,
        CoreRequest::RenewToken { visit, account } => renew(app, visit, account).await,
    };
    match answered {
        Ok(reply) => reply,
        Err(error) => {
            tracing::error!(%error, "Failed to answer signaling");
            CoreReply::Unavailable
        }
    }
}

/// Keeps a report exactly once. The first party that joins an admitted visit begins it.
async fn record(app: &App, event: &RoomEvent) -> Result<CoreReply, Refusal> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let found = visit::store::lock(tx.conn(), &app.seals.clinical, event.visit, now).await?;
    // Only parties hold tokens, and numbers start at one: anything else is no report of a room.
    let party = |visit: &VisitRecord| Relation::in_room(event.account, visit).is_party();
    let Some(visit) = found.filter(party).filter(|_| event.number > 0) else {
        return Ok(CoreReply::Refused);
    };
    if !store::insert(tx.conn(), event, now).await? {
        return Ok(CoreReply::Stored);
    }
    let mut entries = vec![entry(event, &visit)];
    let mut events = Vec::new();
    if event.what == RoomEventKind::Joined
        && let Ok(to) = visit.state.after(VisitAction::Start)
    {
        events.push(visit::ops::change(tx.conn(), &visit, to, now, None).await?);
        entries.push(reported(Action::Start, &visit));
    }
    tx.commit(Audit::all(entries), Events::of(events)).await?;
    Ok(CoreReply::Stored)
}

fn entry(event: &RoomEvent, visit: &VisitRecord) -> AuditEntry {
    let action = match event.what {
        RoomEventKind::Joined | RoomEventKind::Resumed => Action::Enter,
        RoomEventKind::Left | RoomEventKind::Lost | RoomEventKind::Removed => Action::Leave,
    };
    reported(action, visit)
        .detail("account", event.account.as_uuid())
        .detail("event", store::name(event.what))
}

fn reported(action: Action, visit: &VisitRecord) -> AuditEntry {
    asked(action, visit.id)
        .clinic(visit.clinic)
        .patient(visit.patient.id)
}

fn asked(action: Action, visit: VisitId) -> AuditEntry {
    let actor = Actor::Service("signaling");
    AuditEntry::new(actor, action, ResourceType::Visit, Purpose::Treatment).resource(visit)
}

/// The next media token of a party who is in the room. Signaling says who is there; whether they
/// may stay is looked up here, each time.
async fn renew(app: &App, id: VisitId, account: AccountId) -> Result<CoreReply, Refusal> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // Locked, so that no token is minted while the patient is being sent back.
    let found = visit::store::lock(tx.conn(), &app.seals.clinical, id, now).await?;
    let Some(visit) = found else {
        let entry = asked(Action::Join, id).detail("account", account.as_uuid());
        tx.deny(entry.code(ErrorCode::NotFound)).await?;
        return Ok(CoreReply::Refused);
    };
    let relation = Relation::in_room(account, &visit);
    let entry = reported(Action::Join, &visit).detail("account", account.as_uuid());
    if let Err(refusal) = rules::stay(&visit, relation) {
        tx.deny(entry.code(refusal.code())).await?;
        return Ok(CoreReply::Refused);
    }
    let expires_at = visit::join::expiry(now)?;
    let token = visit::join::mint(app, id, account, relation, now, expires_at)?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(CoreReply::Token {
        token: MediaToken::new(token),
        expires_at,
    })
}

async fn statuses(app: &App, visits: &[VisitId]) -> Result<CoreReply, Refusal> {
    if visits.len() > MOST_ROOMS {
        return Ok(CoreReply::Refused);
    }
    let reason = Exempt::NoHealthData("who may be in media rooms, for the server itself");
    let mut reader = app.db.reader(reason).await?;
    let rooms = store::statuses(reader.conn(), visits, app.now()).await?;
    Ok(CoreReply::RoomsStatus { rooms })
}
