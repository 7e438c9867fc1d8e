//! Taking in what signaling tells, each entry once and in order.

use ::store::audit::{Action, Actor, Outcome, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt};
use bus::command::CoreReply;
use bus::journal::{Batch, Entry, Happening, MAX_BATCH, RefusedFor};
use domain::{ErrorCode, VisitAction, VisitId};
use jiff::SignedDuration;

use crate::app::App;
use crate::invitation;
use crate::journal::ops;
use crate::journal::store::{self, Placed};
use crate::refusal::Refusal;
use crate::visit;
use crate::visit::model::VisitRecord;
use crate::visit::rules::Relation;

/// The longest name of a participant's session.
const PARTICIPANT: usize = 64;
/// How far the clocks of two nodes may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Keeps what is new in `batch` and makes sense here. One transaction a visit: each is done
/// wholly or not at all, and a repetition of the batch does what is left to do.
pub(crate) async fn ingest(app: &App, batch: Batch) -> Result<CoreReply, Refusal> {
    let Batch {
        journal,
        first,
        entries,
    } = batch;
    let fits = (1..=MAX_BATCH).contains(&entries.len()) && first > 0 && first < 1 << 62;
    if !fits {
        return Ok(CoreReply::Refused);
    }
    let mut visits: Vec<(VisitId, Vec<Placed>)> = Vec::new();
    for (seq, entry) in (first..).zip(entries) {
        let placed = Placed {
            journal,
            seq,
            entry,
        };
        match visits.iter_mut().find(|(id, _)| *id == placed.entry.visit) {
            Some((_, of_visit)) => of_visit.push(placed),
            None => visits.push((placed.entry.visit, vec![placed])),
        }
    }
    for (visit, entries) in visits {
        keep(app, visit, entries).await?;
    }
    Ok(CoreReply::Stored)
}

/// Keeps the new ones of `entries`, all of the visit `id`.
async fn keep(app: &App, id: VisitId, entries: Vec<Placed>) -> Result<(), Refusal> {
    let now = app.now();
    let told = entries.len();
    let mut tx = app.db.begin().await?;
    let found = visit::store::lock(tx.conn(), &app.seals.clinical, id, now).await?;
    let Some(visit) = found else {
        tracing::warn!(room.id = %id, "Refused {told} journal entries of an unknown visit");
        return Ok(());
    };
    let party = |placed: &Placed| Relation::in_room(placed.entry.account, &visit).is_party();
    let invited = if entries.iter().all(party) {
        Vec::new()
    } else {
        invitation::store::identities(tx.conn(), id).await?
    };
    let sensible: Vec<Placed> = entries
        .into_iter()
        .filter(|placed| party(placed) || invited.contains(&placed.entry.account))
        .filter(|placed| makes_sense(&placed.entry))
        .collect();
    if sensible.len() < told {
        let refused = told - sensible.len();
        tracing::warn!(room.id = %id, "Refused {refused} journal entries of nobody in the visit");
    }
    let fresh = store::fresh(tx.conn(), sensible).await?;
    if fresh.is_empty() {
        return Ok(());
    }
    store::append(tx.conn(), id, &fresh, now).await?;
    let mut acts: Vec<_> = fresh
        .iter()
        .filter_map(|placed| act(&placed.entry, &visit))
        .collect();
    let mut events = Vec::new();
    if let Some(at) = fresh
        .iter()
        .position(|placed| begins(&placed.entry, &visit))
        && let Ok(to) = visit.state.after(VisitAction::Start)
    {
        let entered = fresh[..=at]
            .iter()
            .filter_map(|placed| act(&placed.entry, &visit));
        events.push(visit::ops::change(tx.conn(), &visit, to, now, None).await?);
        acts.insert(entered.count(), reported(Action::Start, &visit));
    }
    if visit.state.is_final() {
        ops::sum_up(tx.conn(), id, now).await?;
    }
    let audit = if acts.is_empty() {
        Audit::exempt(Exempt::NoHealthData("what a network did in a media room"))
    } else {
        Audit::all(acts)
    };
    tx.commit(audit, Events::of(events)).await?;
    Ok(())
}

/// Numbers start at one: anything else is no entry of a room.
fn makes_sense(entry: &Entry) -> bool {
    let named = entry.participant.as_deref();
    (1..1 << 62).contains(&entry.number)
        && named.is_none_or(|name| name.len() <= PARTICIPANT && name.is_ascii())
}

/// Whether this is the join that begins the visit: the first one of a party after the admission
/// that stands. An entry may have waited for long, and an older join begins nothing.
fn begins(entry: &Entry, visit: &VisitRecord) -> bool {
    entry.what == Happening::Joined
        && Relation::in_room(entry.account, visit).is_party()
        && visit
            .admission
            .as_ref()
            .is_some_and(|admission| entry.at.duration_since(admission.at) >= -SKEW)
}

/// What the audit log says of an entry; nothing of those that give nobody access.
fn act(entry: &Entry, visit: &VisitRecord) -> Option<AuditEntry> {
    let of = |action| reported(action, visit).detail("account", entry.account.as_uuid());
    Some(match &entry.what {
        Happening::Joined => of(Action::Enter).detail("event", "joined"),
        Happening::Resumed => of(Action::Enter).detail("event", "resumed"),
        Happening::Left { cause } => of(Action::Leave).detail("event", cause.name()),
        Happening::Refused { reason } => {
            let (outcome, code) = match reason {
                RefusedFor::Ended | RefusedFor::NotAdmitted | RefusedFor::Locked => {
                    (Outcome::Denied, ErrorCode::NotAdmitted)
                }
                RefusedFor::TooOften => (Outcome::Denied, ErrorCode::RateLimited),
                RefusedFor::Full
                | RefusedFor::Unavailable
                | RefusedFor::Overloaded
                | RefusedFor::Draining => (Outcome::Failed, ErrorCode::Unavailable),
            };
            let entry = of(Action::Enter).detail("event", reason.name());
            entry.outcome(outcome).code(code)
        }
        _ => return None,
    })
}

fn reported(action: Action, visit: &VisitRecord) -> AuditEntry {
    let actor = Actor::Service("signaling");
    AuditEntry::new(actor, action, ResourceType::Visit, Purpose::Treatment)
        .resource(visit.id)
        .clinic(visit.clinic)
        .patient(visit.patient.id)
}
