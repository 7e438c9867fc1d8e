//! Judging emergency accesses afterwards. For compliance.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, Events};
use domain::EmergencyAccessId;
use domain::permission::{Action, Resource};
use jiff::Timestamp;

use crate::access::{self, deny};
use crate::app::App;
use crate::break_glass::dto::{EmergencyAccess, EmergencyAccessList, EmergencyAccessQuery, Review};
use crate::break_glass::{model, store};
use crate::caller::Caller;
use crate::page::Page;
use crate::refusal::Refusal;

/// A page of the organisation's emergency accesses, newest first.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    query: &EmergencyAccessQuery,
) -> Result<EmergencyAccessList, Refusal> {
    let page: Page<(Timestamp, EmergencyAccessId)> =
        Page::parse(query.cursor.as_deref(), query.limit)?;
    let entry = caller.did(Act::Search, ResourceType::EmergencyAccess);
    let right = (Resource::EmergencyAccess, Action::Search);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let mut items = store::list(
        tx.conn(),
        &app.seals.clinical,
        caller.organisation,
        query.state,
        page.after,
        page.fetch(),
    )
    .await?;
    let next_cursor = page.cut(&mut items, |item| (item.started_at, item.id));
    let shown: Vec<_> = items.iter().map(|item| item.patient_id).collect();
    tx.commit(Audit::search(entry, shown), Events::none())
        .await?;
    Ok(EmergencyAccessList { items, next_cursor })
}

/// One emergency access of the organisation.
pub(crate) async fn read(
    app: &App,
    caller: &Caller,
    id: EmergencyAccessId,
) -> Result<EmergencyAccess, Refusal> {
    let entry = caller.did(Act::Read, ResourceType::EmergencyAccess);
    let (entry, right) = (
        entry.resource(id),
        (Resource::EmergencyAccess, Action::Read),
    );
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let found = store::find(tx.conn(), &app.seals.clinical, caller.organisation, id).await?;
    let Some(found) = found else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    tx.commit(Audit::of(entry.patient(found.patient_id)), Events::none())
        .await?;
    Ok(found)
}

/// Keeps what a review found; once, and never of one's own access.
pub(crate) async fn review(
    app: &App,
    caller: &Caller,
    id: EmergencyAccessId,
    review: Review,
) -> Result<EmergencyAccess, Refusal> {
    let sealer = &app.seals.clinical;
    let entry = caller
        .did(Act::Review, ResourceType::EmergencyAccess)
        .resource(id);
    let right = (Resource::EmergencyAccess, Action::Review);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let found = store::lock(tx.conn(), sealer, caller.organisation, id).await?;
    let Some(found) = found else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    let entry = entry.patient(found.patient_id);
    if found.account_id == caller.account {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    }
    if !found.review_state.is_due() {
        return Err(deny(tx, entry, Refusal::VersionMismatch).await);
    }
    let note = model::note(&review.note)?;
    let by = (caller.account, caller.now());
    store::review(
        tx.conn(),
        sealer,
        (id, found.patient_id),
        (review.finding, &note),
        by,
    )
    .await?;
    let reviewed = store::find(tx.conn(), sealer, caller.organisation, id).await?;
    let entry = entry.detail("finding", review.finding.state().name());
    tx.commit(Audit::of(entry), Events::none()).await?;
    reviewed.ok_or(Refusal::NotFound)
}
