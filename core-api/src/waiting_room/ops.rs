//! What can be done with the waiting room.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, Events};
use domain::ConversationId;
use domain::permission::{Action, Resource};

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
    let entry = caller.did(Act::Search, ResourceType::WaitingRoom);
    let mut tx = app.db.begin().await?;
    let sees = caller.roles.reach(Resource::WaitingRoom, Action::Read);
    let Some(whose) = visit::ops::scope(caller).filter(|_| sees) else {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    };
    let clinic = clinic::store::find(tx.conn(), caller.clinic).await?;
    let clinic = clinic.ok_or(Refusal::NotFound)?;
    let (from, to) = model::day(caller.now(), &clinic.time_zone);
    let filter = Filter {
        whose,
        from: Some(from),
        to: Some(to),
        state: None,
        after: None,
    };
    let sealer = &app.seals.clinical;
    let mut rows = visit::store::list(tx.conn(), sealer, &filter, MOST, caller.now()).await?;
    model::sort(&mut rows);
    let items = view::views(tx.conn(), caller, rows).await?;
    let shown: Vec<_> = items.iter().map(|item| item.patient.id).collect();
    let entry = entry.resource(clinic.id);
    tx.commit(Audit::search(entry, shown), Events::none())
        .await?;
    Ok(WaitingRoom {
        conversation_id: ConversationId::for_waiting_room(clinic.id),
        items,
        server_time: caller.now(),
    })
}
