//! Keeping order in a media room.
//!
//! What lasts is stored first and then told to signaling, which hears it again with its next
//! question about the room: an answer of "done" therefore holds even if signaling was away.

use std::time::Duration;

use ::store::audit::{Action, Outcome, ResourceType};
use ::store::{Audit, AuditEntry, Events, Tx};
use bus::event::InvitationChange;
use bus::moderation::{RoomCommand, RoomReply};
use domain::{AccountId, ErrorCode, VisitId};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::invitation;
use crate::invitation::model::{Invitation, Stage};
use crate::moderation::dto::{Room, Source};
use crate::moderation::{model, store};
use crate::refusal::Refusal;
use crate::visit;
use crate::visit::model::VisitRecord;
use crate::visit::rules::Relation;

/// How long signaling may take to do as told.
const PATIENCE: Duration = Duration::from_secs(1);

/// A visit whose room the caller keeps in order, in an open transaction.
struct Chair {
    tx: Tx,
    visit: VisitRecord,
    entry: AuditEntry,
    /// The target, where it is a third party.
    invited: Option<Invitation>,
}

/// Locks the visit, and lets nobody pass but who keeps order in its room.
async fn chair(
    app: &App,
    caller: &Caller,
    id: VisitId,
    action: Action,
    target: Option<AccountId>,
) -> Result<Chair, Refusal> {
    let mut tx = app.db.begin().await?;
    let mut entry = caller.did(action, ResourceType::Visit).resource(id);
    if let Some(target) = target {
        entry = entry.detail("account", target.as_uuid());
    }
    let found = visit::store::lock(tx.conn(), &app.seals.clinical, id, caller.now()).await?;
    let (visit, relation) = match visit::ops::known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = entry.patient(visit.patient.id);
    if let Err(refusal) = model::moderate(&visit, relation) {
        return Err(deny(tx, entry, refusal).await);
    }
    let stranger = target.filter(|account| !Relation::in_room(*account, &visit).is_party());
    let invited = match stranger {
        Some(account) => invitation::store::of_identity(tx.conn(), id, account).await?,
        None => None,
    };
    if stranger.is_some() && invited.is_none() {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    Ok(Chair {
        tx,
        visit,
        entry,
        invited,
    })
}

/// A room as it was left.
struct Kept {
    visit: VisitRecord,
    invited: Vec<Invitation>,
    room: Room,
}

impl Chair {
    /// Commits, and says how the door stands now.
    async fn close(mut self, app: &App, caller: &Caller) -> Result<Kept, Refusal> {
        let sealer = &app.seals.clinical;
        let id = self.visit.id;
        let visit = visit::store::find(self.tx.conn(), sealer, id, caller.now()).await?;
        let visit = visit.ok_or(Refusal::NotFound)?;
        let invited = invitation::store::standing(self.tx.conn(), &[id]).await?;
        let removed = self.invited.map(|invited| {
            let change = InvitationChange::Removed;
            invitation::access::event(&visit, &invited, change, caller.now())
        });
        self.tx
            .commit(Audit::of(self.entry), Events::of(removed))
            .await?;
        let room = show(&visit, &invited);
        Ok(Kept {
            visit,
            invited,
            room,
        })
    }
}

/// How the door of a visit's room stands, for everybody who may see the visit.
pub(crate) async fn read(app: &App, caller: &Caller, id: VisitId) -> Result<Room, Refusal> {
    let mut tx = app.db.begin().await?;
    let entry = caller.did(Action::Read, ResourceType::Visit).resource(id);
    let found = visit::store::find(tx.conn(), &app.seals.clinical, id, caller.now()).await?;
    let (visit, _) = match visit::ops::known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = entry.patient(visit.patient.id);
    let invited = invitation::store::standing(tx.conn(), &[id]).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(show(&visit, &invited))
}

/// Shuts the door: whoever is inside stays, nobody new comes in.
pub(crate) async fn lock(app: &App, caller: &Caller, id: VisitId) -> Result<Room, Refusal> {
    let mut chair = chair(app, caller, id, Action::Lock, None).await?;
    store::lock(chair.tx.conn(), id, caller.account, caller.now()).await?;
    let Kept {
        visit,
        invited,
        room,
    } = chair.close(app, caller).await?;
    let (patient, clinician) = (visit.patient.account, visit.clinician.account);
    let lock = visit
        .door
        .lock(patient, model::admitted_at(&visit), clinician);
    if let Some(mut lock) = lock {
        let passing = invited
            .iter()
            .filter(|one| one.admits() && one.passes_lock());
        lock.keep.extend(passing.map(Invitation::identity));
        tell(app, &RoomCommand::Lock { visit: id, lock }).await;
    }
    Ok(room)
}

/// Opens the door.
pub(crate) async fn unlock(app: &App, caller: &Caller, id: VisitId) -> Result<Room, Refusal> {
    let mut chair = chair(app, caller, id, Action::Unlock, None).await?;
    store::unlock(chair.tx.conn(), id).await?;
    let Kept { room, .. } = chair.close(app, caller).await?;
    tell(app, &RoomCommand::Unlock { visit: id }).await;
    Ok(room)
}

/// Puts somebody out, who stays out until admitted again. Nobody puts out the clinician.
pub(crate) async fn remove(
    app: &App,
    caller: &Caller,
    id: VisitId,
    account: AccountId,
) -> Result<Room, Refusal> {
    let mut chair = chair(app, caller, id, Action::Remove, Some(account)).await?;
    if chair.visit.clinician.account == account {
        return Err(deny(chair.tx, chair.entry, Refusal::Forbidden).await);
    }
    store::remove(chair.tx.conn(), id, account, caller.account, caller.now()).await?;
    let Kept { room, .. } = chair.close(app, caller).await?;
    tell(app, &RoomCommand::Remove { visit: id, account }).await;
    Ok(room)
}

/// Mutes somebody who is in the room. They may unmute themselves; nobody else can.
pub(crate) async fn mute(
    app: &App,
    caller: &Caller,
    id: VisitId,
    account: AccountId,
    source: Source,
) -> Result<(), Refusal> {
    let Chair { tx, entry, .. } = chair(app, caller, id, Action::Mute, Some(account)).await?;
    // Nothing is stored but the audit row, so the visit is not held while signaling is asked.
    drop(tx);
    let entry = entry.detail("source", source.name());
    let command = RoomCommand::Mute {
        visit: id,
        account,
        source: source.into(),
    };
    let refusal = match app.rooms.call(&command, PATIENCE).await {
        Ok(RoomReply::Done | RoomReply::NothingToMute) => None,
        Ok(RoomReply::NotThere) => Some(Refusal::NotInRoom),
        Ok(RoomReply::Unavailable) | Err(_) => Some(Refusal::Unavailable),
    };
    let entry = match refusal.as_ref().map(Refusal::code) {
        None => entry,
        Some(code @ ErrorCode::NotInRoom) => entry.outcome(Outcome::Denied).code(code),
        Some(code) => entry.outcome(Outcome::Failed).code(code),
    };
    app.db.record(entry).await?;
    refusal.map_or(Ok(()), Err)
}

fn show(visit: &VisitRecord, invited: &[Invitation]) -> Room {
    let (patient, admitted_at) = (visit.patient.account, model::admitted_at(visit));
    let patient = patient.filter(|_| visit.door.removed(admitted_at));
    let invited = invited.iter().filter(|one| one.stage() == Stage::Removed);
    Room {
        locked_since: visit.door.locked_since,
        removed: patient
            .into_iter()
            .chain(invited.map(Invitation::identity))
            .collect(),
    }
}

/// Signaling acts at once if it is there, and otherwise when it asks.
pub(crate) async fn tell(app: &App, command: &RoomCommand) {
    if !app.rooms.is_connected() {
        return;
    }
    match app.rooms.call(command, PATIENCE).await {
        Ok(RoomReply::Unavailable) | Err(_) => {
            tracing::warn!("Signaling did not take a moderation command; it learns of it later");
        }
        Ok(RoomReply::Done | RoomReply::NotThere | RoomReply::NothingToMute) => {}
    }
}
