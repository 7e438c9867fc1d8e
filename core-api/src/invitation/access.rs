//! Who stands before a visit: one of its own, or somebody invited to it.

use ::store::audit::{Action, Outcome, ResourceType};
use ::store::{AuditEntry, Connection, StoreError};
use auth::media::Grant;
use bus::event::{Event, InvitationChange};
use domain::{ErrorCode, PatientId};
use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::invitation::model::{self, Invitation};
use crate::invitation::store;
use crate::refusal::Refusal;
use crate::visit;
use crate::visit::model::VisitRecord;
use crate::visit::rules::Relation;

/// What lets somebody near a visit.
pub(crate) enum Standing {
    /// They are one of its own.
    Own(VisitRecord, Relation),
    /// They hold an invitation that counts.
    Invited(VisitRecord, Box<Invitation>),
}

impl Standing {
    /// The visit.
    pub(crate) const fn visit(&self) -> &VisitRecord {
        match self {
            Self::Own(visit, _) | Self::Invited(visit, _) => visit,
        }
    }
}

/// What lets `caller` near `found`; for a stranger, the patient whose visit was tried.
pub(crate) async fn standing(
    conn: &mut Connection,
    caller: &Caller,
    found: Option<VisitRecord>,
) -> Result<Result<Standing, Option<PatientId>>, StoreError> {
    let Some(visit) = found else {
        return Ok(Err(None));
    };
    if let Some(relation) = Relation::of(caller, &visit) {
        return Ok(Ok(Standing::Own(visit, relation)));
    }
    let invitation = store::of_identity(conn, visit.id, caller.account).await?;
    let invitation = invitation
        .filter(|held| held.account.is_some() && model::counts(&visit, held, caller.now()));
    Ok(match invitation {
        Some(invitation) => Ok(Standing::Invited(visit, Box::new(invitation))),
        None => Err(Some(visit.patient.id)),
    })
}

/// The visit of one of its own; for anybody else, the patient whose visit was tried.
pub(crate) fn own(
    caller: &Caller,
    found: Option<VisitRecord>,
) -> Result<(VisitRecord, Relation), Option<PatientId>> {
    visit::ops::known(caller, found)
}

/// Whether somebody who is `relation` to `visit` may invite to it at `now`.
pub(crate) fn invite(
    visit: &VisitRecord,
    relation: Relation,
    now: Timestamp,
) -> Result<(), Refusal> {
    if !relation.clinician && !relation.coordinator {
        return Err(Refusal::Forbidden);
    }
    let window = visit.window();
    if visit.state.is_final() || now >= window.closes_at {
        return Err(Refusal::OutsideWindow {
            opens_at: window.opens_at,
            closes_at: window.closes_at,
        });
    }
    Ok(())
}

/// What third parties may do in the media room: everything but call themselves something else.
pub(crate) fn grant(invitation: &Invitation) -> Grant {
    Grant {
        room: invitation.visit,
        identity: invitation.identity(),
        role: None,
        can_publish: true,
        can_subscribe: true,
        can_publish_data: true,
        can_update_own_metadata: false,
    }
}

/// A media token for the invited, good from `from` until `until`. Whoever calls this has asked
/// [`model::enter`] or [`model::stay`] in the same transaction.
pub(crate) fn mint(
    app: &App,
    invitation: &Invitation,
    from: Timestamp,
    until: Timestamp,
) -> Result<String, Refusal> {
    auth::media::mint(&app.media_key, &grant(invitation), from, until).map_err(Refusal::internal)
}

/// The event that tells of `change`.
pub(crate) fn event(
    visit: &VisitRecord,
    invitation: &Invitation,
    change: InvitationChange,
    at: Timestamp,
) -> Event {
    Event::InvitationChanged {
        visit: visit.id,
        clinic: visit.clinic,
        identity: invitation.identity(),
        change,
        at,
    }
}

/// The audit entry of an act on `invitation`, begun by `entry`.
pub(crate) fn entered(
    entry: AuditEntry,
    visit: &VisitRecord,
    invitation: &Invitation,
) -> AuditEntry {
    entry
        .clinic(visit.clinic)
        .patient(visit.patient.id)
        .resource(invitation.id)
        .detail("visit", visit.id.as_uuid())
        .detail("part", invitation.part.name())
}

/// The denial of something about an invitation of `visit`.
pub(crate) fn denied(entry: AuditEntry, code: ErrorCode) -> AuditEntry {
    entry.outcome(Outcome::Denied).code(code)
}

/// What `caller` does to an invitation.
pub(crate) fn act(caller: &Caller, action: Action) -> AuditEntry {
    caller.did(action, ResourceType::Invitation)
}
