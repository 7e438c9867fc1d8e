//! What can be done with visits. Every step is one transaction: lock, rule, change, audit row,
//! event.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, AuditEntry, Connection, Events, StoreError, Tx};
use bus::event::Event;
use domain::permission::{Action, Resource};
use domain::{AccountId, Pii, VisitAction, VisitId, VisitState};
use jiff::Timestamp;

use crate::access::deny;
use crate::app::App;
use crate::appointment;
use crate::caller::Caller;
use crate::journal;
use crate::page::Page;
use crate::refusal::Refusal;
use crate::store::lock_provider;
use crate::text;
use crate::visit::dto::{Visit, VisitList, VisitQuery};
use crate::visit::model::{DeviceCheck, VisitRecord};
use crate::visit::queue;
use crate::visit::rules::{self, Relation};
use crate::visit::store::{self, Filter, Whose};
use crate::visit::view;

/// Longest reason for calling off, in characters.
pub(crate) const REASON: usize = 500;

/// Which visits the caller may list: their clinic's, those they conduct, or their own as a
/// patient and as somebody's proxy. None for somebody who has no part in visits.
pub(crate) fn scope(caller: &Caller) -> Option<Whose> {
    let (resource, action) = (Resource::Visit, Action::Search);
    if caller.roles.reach_clinic(resource, action) {
        Some(Whose::Clinic(caller.clinic))
    } else if let Some(clinician) = caller.clinician() {
        Some(Whose::Provider(clinician))
    } else {
        let reaches = caller.roles.reach(resource, action);
        reaches.then_some(Whose::Account(caller.account))
    }
}

/// A page of the caller's visits, by start.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    query: &VisitQuery,
) -> Result<VisitList, Refusal> {
    let page: Page<(Timestamp, VisitId)> = Page::parse(query.cursor.as_deref(), query.limit)?;
    let entry = caller.did(Act::Search, ResourceType::Visit);
    let mut tx = app.db.begin().await?;
    let Some(whose) = scope(caller) else {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    };
    let filter = Filter {
        whose,
        from: query.from,
        to: query.to,
        state: query.state,
        after: page.after,
    };
    let sealer = &app.seals.clinical;
    let mut rows = store::list(tx.conn(), sealer, &filter, page.fetch(), caller.now()).await?;
    let next_cursor = page.cut(&mut rows, |row| (row.starts_at, row.id));
    let items = view::views(tx.conn(), caller, rows).await?;
    let shown: Vec<_> = items.iter().map(|item| item.patient.id).collect();
    tx.commit(Audit::search(entry, shown), Events::none())
        .await?;
    Ok(VisitList { items, next_cursor })
}

/// A visit, for its parties and its clinic's schedulers.
pub(crate) async fn read(app: &App, caller: &Caller, id: VisitId) -> Result<Visit, Refusal> {
    let mut tx = app.db.begin().await?;
    let entry = caller.did(Act::Read, ResourceType::Visit).resource(id);
    let found = store::find(tx.conn(), &app.seals.clinical, id, caller.now()).await?;
    let (visit, _) = match known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = visit.mark(caller, entry);
    show(tx, caller, visit, entry, Events::none()).await
}

/// Takes a step that needs nothing but its name.
pub(crate) async fn step(
    app: &App,
    caller: &Caller,
    id: VisitId,
    action: VisitAction,
) -> Result<Visit, Refusal> {
    take(app, caller, id, action, Extra::None).await
}

/// Finishes set-up with what the device check found.
pub(crate) async fn ready(
    app: &App,
    caller: &Caller,
    id: VisitId,
    check: DeviceCheck,
) -> Result<Visit, Refusal> {
    take(app, caller, id, VisitAction::Ready, Extra::Check(check)).await
}

/// Calls the visit and its appointment off.
pub(crate) async fn cancel(
    app: &App,
    caller: &Caller,
    id: VisitId,
    reason: String,
) -> Result<Visit, Refusal> {
    let reason = text::optional_line("reason", Some(&reason), REASON)?;
    let extra = reason.map_or(Extra::None, |reason| Extra::Reason(Pii::new(reason)));
    take(app, caller, id, VisitAction::Cancel, extra).await
}

/// What some steps keep besides the state.
enum Extra {
    None,
    Check(DeviceCheck),
    Reason(Pii<String>),
}

async fn take(
    app: &App,
    caller: &Caller,
    id: VisitId,
    action: VisitAction,
    extra: Extra,
) -> Result<Visit, Refusal> {
    let mut tx = app.db.begin().await?;
    let sealer = &app.seals.clinical;
    let entry = caller
        .did(audited(action), ResourceType::Visit)
        .resource(id);
    let found = store::lock(tx.conn(), sealer, id, caller.now()).await?;
    let (visit, relation) = match known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = visit.mark(caller, entry);
    let to = match rules::step(&visit, relation, action, caller.now()) {
        Ok(to) => to,
        Err(refusal) => return Err(deny(tx, entry, refusal).await),
    };
    match extra {
        Extra::None => {}
        Extra::Check(check) => store::set_device_check(tx.conn(), id, check).await?,
        Extra::Reason(reason) => {
            let appointment = (visit.appointment, visit.patient.id);
            appointment::store::set_cancel_reason(tx.conn(), sealer, appointment, &reason).await?;
        }
    }
    let entry = entry
        .detail("from", visit.state.name())
        .detail("to", to.name());
    let by = Some(caller.account);
    let event = change(tx.conn(), &visit, to, caller.now(), by).await?;
    let visit = store::find(tx.conn(), sealer, id, caller.now()).await?;
    let visit = visit.ok_or(Refusal::NotFound)?;
    show(tx, caller, visit, entry, Events::of([event])).await
}

/// Moves a locked visit to `to`; the event that tells of it, with the line as it stands then.
pub(crate) async fn change(
    conn: &mut Connection,
    visit: &VisitRecord,
    to: VisitState,
    now: Timestamp,
    by: Option<AccountId>,
) -> Result<Event, StoreError> {
    let clinician = visit.clinician.id;
    lock_provider(conn, clinician).await?;
    store::set_state(conn, visit.id, to, now, by).await?;
    if to.is_final() {
        appointment::store::release(conn, visit.appointment, now).await?;
        journal::ops::sum_up(conn, visit.id, now).await?;
    }
    let lines = queue::store::lines(conn, &[clinician], now).await?;
    Ok(Event::VisitStateChanged {
        visit: visit.id,
        clinic: visit.clinic,
        patient: visit.patient.account,
        from: visit.state,
        to,
        at: now,
        by,
        queue: lines
            .get(&clinician)
            .map(|line| line.ids())
            .unwrap_or_default(),
    })
}

/// `found` and what the caller is to it; otherwise the patient whose visit was tried.
pub(crate) fn known(
    caller: &Caller,
    found: Option<VisitRecord>,
) -> Result<(VisitRecord, Relation), Option<domain::PatientId>> {
    let visit = found.ok_or(None)?;
    match Relation::of(caller, &visit) {
        Some(relation) => Ok((visit, relation)),
        None => Err(Some(visit.patient.id)),
    }
}

/// Commits, and answers with the visit as the caller sees it.
async fn show(
    mut tx: Tx,
    caller: &Caller,
    visit: VisitRecord,
    entry: AuditEntry,
    events: Events,
) -> Result<Visit, Refusal> {
    let views = view::views(tx.conn(), caller, vec![visit]).await?;
    tx.commit(Audit::of(entry), events).await?;
    views.into_iter().next().ok_or(Refusal::NotFound)
}

/// The audit log's word for a step.
const fn audited(action: VisitAction) -> Act {
    match action {
        VisitAction::CheckIn => Act::CheckIn,
        VisitAction::Ready => Act::Ready,
        VisitAction::Admit => Act::Admit,
        VisitAction::Start => Act::Start,
        VisitAction::ReturnToWaiting => Act::ReturnToWaiting,
        VisitAction::Complete => Act::Complete,
        VisitAction::Cancel => Act::Cancel,
        VisitAction::NoShow => Act::NoShow,
    }
}
