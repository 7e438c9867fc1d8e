//! The patient's own view of the audit log.

use std::collections::HashMap;

use ::store::audit::{self, Action as Act, ResourceType, Row};
use ::store::{Audit, Events};
use domain::permission::{Action, Resource};
use domain::{AccountId, PatientId, Pii};
use uuid::Uuid;

use crate::access;
use crate::app::App;
use crate::audit_log::dto::{RecordAccess, RecordAccessList};
use crate::audit_log::{model, store};
use crate::caller::Caller;
use crate::page::Page;
use crate::refusal::Refusal;

/// Who touched the data of `patient`, for the patient and those who act for them.
pub(crate) async fn accesses(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<RecordAccessList, Refusal> {
    let page: Page<Uuid> = Page::parse(cursor, limit)?;
    let entry = caller.did(Act::Read, ResourceType::AuditLog);
    // Staff have reports, which say what for they are read.
    let right = (Resource::AccessHistory, Action::Read);
    let opened = access::open(app, caller, patient, entry, right).await?;
    let (mut tx, entry) = (opened.tx, opened.entry);
    let filter = audit::Filter {
        patient: Some(patient),
        ..audit::Filter::default()
    };
    let limit = u32::try_from(page.fetch()).unwrap_or(u32::MAX);
    let mut rows = audit::store::page(tx.conn(), &filter, page.after, limit).await?;
    let next_cursor = page.cut(&mut rows, |row| row.id);
    let actors: Vec<Uuid> = rows.iter().filter_map(|row| row.actor_id).collect();
    let names = store::names(tx.conn(), &actors).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    let items = rows.into_iter().map(|row| told(row, &names)).collect();
    Ok(RecordAccessList { items, next_cursor })
}

fn told(row: Row, names: &HashMap<AccountId, Pii<String>>) -> RecordAccess {
    let name = row.actor_id.and_then(|id| names.get(&AccountId::from(id)));
    RecordAccess {
        at: row.at,
        who: name.map(|name| name.reveal().clone()),
        what: model::in_plain_words(&row),
        emergency: row.purpose == audit::Purpose::Emergency.name(),
        refused: row.outcome != audit::Outcome::Success.name(),
        roles: row.roles,
    }
}
