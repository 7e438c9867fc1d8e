//! What can be done with the waiting room.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events};
use domain::{ConversationId, Permission};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::visit::store::Filter;
use crate::visit::view;
use crate::waiting_room::dto::WaitingRoom;
use crate::waiting_room::model;
use crate::{clinic, visit};

/// Visits on the board at most: more than a clinic holds in a day.
const MOST: i64 = 500;

/// Today's board: a clinician's own visits, or the whole clinic's.
pub(crate) async fn read(app: &App, caller: &Caller) -> Result<WaitingRoom, Refusal> {
    let entry = caller.did(Action::Search, ResourceType::WaitingRoom);
    let mut tx = app.db.begin().await?;
    let scope = visit::ops::scope(caller).filter(|_| caller.may(Permission::SeeWaitingRoom));
    let Some(scope) = scope else {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    };
    let clinic = clinic::store::find(tx.conn(), caller.clinic).await?;
    let clinic = clinic.ok_or(Refusal::NotFound)?;
    let (from, to) = model::day(caller.now(), &clinic.time_zone);
    let filter = Filter {
        from: Some(from),
        to: Some(to),
        ..scope
    };
    let sealer = &app.seals.clinical;
    let mut rows = visit::store::list(tx.conn(), sealer, &filter, MOST, caller.now()).await?;
    model::sort(&mut rows);
    let shown: Vec<_> = rows.iter().map(|row| row.patient.id).collect();
    let items = view::views(tx.conn(), caller, rows).await?;
    let entry = entry.resource(clinic.id);
    tx.commit(Audit::search(entry, shown), Events::none())
        .await?;
    Ok(WaitingRoom {
        conversation_id: ConversationId::for_waiting_room(clinic.id),
        items,
        server_time: caller.now(),
    })
}
