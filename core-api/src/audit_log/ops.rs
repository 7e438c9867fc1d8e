//! What can be done with the audit log: read it, and be on record for it.

use std::collections::HashMap;

use ::store::audit::{self, Action, ResourceType, Row};
use ::store::{Audit, Events};
use domain::{AccountId, Permission, Pii};
use uuid::Uuid;

use crate::access::deny;
use crate::app::App;
use crate::audit_log::dto::{AuditActor, AuditEvent, AuditEventList, AuditQuery};
use crate::audit_log::{report, store};
use crate::caller::Caller;
use crate::page::Page;
use crate::refusal::Refusal;

/// A page of the log of the clinics the caller may review, newest first.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    query: &AuditQuery,
) -> Result<AuditEventList, Refusal> {
    let page: Page<Uuid> = Page::parse(query.cursor.as_deref(), query.limit)?;
    let entry = caller.did(Action::Search, ResourceType::AuditLog);
    let entry = entry.patient(query.patient_id);
    let mut tx = app.db.begin().await?;
    if !caller.may(Permission::ReadAuditLog) {
        return Err(deny(tx, entry, Refusal::Forbidden).await);
    }
    let filter = audit::Filter {
        clinics: Some(report::scope(tx.conn(), caller).await?),
        patient: query.patient_id,
        from: query.from,
        to: query.to,
        ..audit::Filter::default()
    };
    let limit = u32::try_from(page.fetch()).unwrap_or(u32::MAX);
    let mut rows = audit::store::page(tx.conn(), &filter, page.after, limit).await?;
    let next_cursor = page.cut(&mut rows, |row| row.id);
    let actors: Vec<Uuid> = rows.iter().filter_map(|row| row.actor_id).collect();
    let names = store::names(tx.conn(), &actors).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(AuditEventList {
        items: rows.into_iter().map(|row| event(row, &names)).collect(),
        next_cursor,
    })
}

fn event(row: Row, names: &HashMap<AccountId, Pii<String>>) -> AuditEvent {
    let actor = row.actor_id.map(AccountId::from).map(|account_id| {
        let name = names.get(&account_id);
        AuditActor {
            account_id,
            display_name: name.map(|name| name.reveal().clone()).unwrap_or_default(),
        }
    });
    AuditEvent {
        id: row.id.into(),
        at: row.at,
        actor,
        service: row.actor_service,
        action: row.action,
        resource_type: row.resource_type,
        resource_id: row.resource_id,
        patient_id: row.patient_id.map(Into::into),
        outcome: row.outcome,
        request_id: row.request_id.map(Into::into),
    }
}
