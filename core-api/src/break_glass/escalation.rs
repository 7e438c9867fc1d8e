//! Reviews that nobody did in time. By the server itself.

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt, scope};
use domain::Role;
use jiff::Timestamp;

use crate::app::App;
use crate::break_glass::model::REVIEW_WITHIN;
use crate::break_glass::store::{self, NewNotice, Overdue, Receiver};
use crate::refusal::Refusal;

/// What compliance and the clinics' admins are told.
const TOLD: &str = "emergency_access_overdue";
/// Reviews escalated in one transaction.
const BATCH: i64 = 100;

/// Escalates every review that is overdue; how many there were.
pub(crate) async fn sweep(app: &App) -> Result<usize, Refusal> {
    scope::as_service(async {
        let mut all = 0;
        loop {
            let count = batch(app, app.now()).await?;
            all += count;
            if count == 0 {
                return Ok(all);
            }
        }
    })
    .await
}

async fn batch(app: &App, now: Timestamp) -> Result<usize, Refusal> {
    let until = now.saturating_sub(REVIEW_WITHIN).unwrap_or(Timestamp::MIN);
    let mut tx = app.db.begin().await?;
    let overdue = store::escalate(tx.conn(), until, now, BATCH).await?;
    for access in &overdue {
        for role in [Role::Compliance, Role::ClinicAdmin] {
            let notice = NewNotice {
                id: app.id()?,
                organisation: access.organisation,
                receiver: Receiver::Role(role),
                kind: TOLD,
                access: access.id,
                patient: access.patient,
            };
            store::tell(tx.conn(), &notice, now).await?;
        }
    }
    let audit = if overdue.is_empty() {
        Audit::exempt(Exempt::NoHealthData("no review is overdue"))
    } else {
        Audit::all(overdue.iter().map(entry))
    };
    tx.commit(audit, Events::none()).await?;
    Ok(overdue.len())
}

fn entry(overdue: &Overdue) -> AuditEntry {
    let actor = Actor::Service("core-api");
    let resource = ResourceType::EmergencyAccess;
    AuditEntry::new(actor, Action::Escalate, resource, Purpose::Compliance)
        .resource(overdue.id)
        .clinic(overdue.clinic)
        .patient(overdue.patient)
}
