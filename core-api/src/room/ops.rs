//! Answering signaling.

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt};
use bus::command::{CoreReply, CoreRequest, MediaToken};
use domain::{AccountId, ErrorCode, VisitId};

use crate::account;
use crate::app::App;
use crate::invitation;
use crate::journal;
use crate::refusal::Refusal;
use crate::room::store;
use crate::session;
use crate::visit;
use crate::visit::model::VisitRecord;
use crate::visit::rules::{self, Relation};

/// Rooms asked about at most in one request.
const MOST_ROOMS: usize = 1_000;

/// The answer to a request. A refusal by the database means "ask again", never "stored".
pub(crate) async fn answer(app: &App, request: CoreRequest) -> CoreReply {
    let answered = match request {
        CoreRequest::Journal(batch) => journal::ingest::ingest(app, batch).await,
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

fn reported(action: Action, visit: &VisitRecord) -> AuditEntry {
    asked(action, visit.id)
        .clinic(visit.clinic)
        .patient(visit.patient.id)
}

fn asked(action: Action, visit: VisitId) -> AuditEntry {
    let actor = Actor::Service("signaling");
    AuditEntry::new(actor, action, ResourceType::Visit, Purpose::Treatment).resource(visit)
}

/// The next media token of somebody who is in the room, a party or invited. Signaling says who is there; whether they
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
    let invitation = if relation.is_party() {
        None
    } else {
        invitation::store::of_identity(tx.conn(), id, account).await?
    };
    let entry = reported(Action::Join, &visit).detail("account", account.as_uuid());
    let shut = account::store::shut_among(tx.conn(), [account]).await?;
    let stays = match &invitation {
        _ if !shut.is_empty() => Err(Refusal::Forbidden),
        Some(invitation) => invitation::model::stay(&visit, invitation),
        None => rules::stay(&visit, relation),
    };
    if let Err(refusal) = stays {
        tx.deny(entry.code(refusal.code())).await?;
        return Ok(CoreReply::Refused);
    }
    // Being in the room counts as activity of the session that entered it.
    session::store::touch_in_room(tx.conn(), account, id, now).await?;
    let expires_at = visit::join::expiry(now)?;
    let token = match &invitation {
        Some(invitation) => invitation::access::mint(app, invitation, now, expires_at)?,
        None => visit::join::mint(app, id, account, relation, now, expires_at)?,
    };
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
    let mut tx = app.db.begin().await?;
    let mut rooms = store::statuses(tx.conn(), visits, app.now()).await?;
    let everybody = rooms.iter().flat_map(|room| room.allowed.iter().copied());
    let shut = account::store::shut_among(tx.conn(), everybody).await?;
    tx.commit(Audit::exempt(reason), Events::none()).await?;
    for room in &mut rooms {
        room.allowed.retain(|account| !shut.contains(account));
    }
    Ok(CoreReply::RoomsStatus { rooms })
}
