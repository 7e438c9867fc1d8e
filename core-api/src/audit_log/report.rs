//! Reports over the audit log.

use std::collections::HashMap;

use ::store::audit::{self, Action as Act, ResourceType, Row};
use ::store::sealing::Sealer;
use ::store::{Audit, Connection, Events, StoreError, Tx};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::permission::{Action, Resource};
use domain::{AccountId, ClinicId, Pii};
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::access::{self, deny};
use crate::app::App;
use crate::audit_log::dto::{
    NewReportExport, ReportFormat, ReportPage, ReportQuery, ReportRow, ReportSignature,
    SignedReport,
};
use crate::audit_log::model::{self, Report};
use crate::audit_log::{csv, store};
use crate::caller::Caller;
use crate::page::Page;
use crate::refusal::Refusal;

/// Rows read in one go.
const RUN: u32 = 500;
/// Rows looked at for one page; the next page goes on after them.
const LOOKED_AT: usize = 5_000;
/// Rows in a report that is taken out.
const MOST: usize = 10_000;
/// Rows looked at for such a report.
const MOST_LOOKED_AT: usize = 200_000;

/// The clinics whose log the caller may read.
pub(super) async fn scope(
    conn: &mut Connection,
    caller: &Caller,
) -> Result<Vec<ClinicId>, StoreError> {
    let right = (Resource::AuditLog, Action::Search);
    if caller.roles.reach_organisation(right.0, right.1) {
        return store::clinics(conn, caller.organisation).await;
    }
    Ok(vec![caller.clinic])
}

/// Rows, and where to go on.
struct Found {
    rows: Vec<Row>,
    next: Option<Uuid>,
}

/// Up to `limit` rows of `report` after `after`, having looked at `look` at most.
async fn find(
    conn: &mut Connection,
    sealer: &Sealer,
    report: Report,
    filter: &audit::Filter,
    after: Option<Uuid>,
    (limit, look): (usize, usize),
) -> Result<Found, StoreError> {
    let (mut rows, mut after, mut looked) = (Vec::new(), after, 0);
    let clinics = filter.clinics.as_deref().unwrap_or_default();
    let zones = match report {
        Report::AfterHours => store::zones(conn, clinics).await?,
        _ => HashMap::new(),
    };
    loop {
        let batch = audit::store::page(conn, filter, after, RUN).await?;
        let full = batch.len() == RUN as usize;
        let hits = hits(conn, sealer, report, &batch, &zones).await?;
        for (row, hit) in batch.into_iter().zip(hits) {
            if hit && rows.len() == limit {
                return Ok(Found { rows, next: after });
            }
            after = Some(row.id);
            looked += 1;
            if hit {
                rows.push(row);
            }
        }
        if !full {
            return Ok(Found { rows, next: None });
        }
        if looked >= look {
            return Ok(Found { rows, next: after });
        }
    }
}

/// For each row whether it belongs into the report, beyond what the filter says.
async fn hits(
    conn: &mut Connection,
    sealer: &Sealer,
    report: Report,
    rows: &[Row],
    zones: &HashMap<Uuid, TimeZone>,
) -> Result<Vec<bool>, StoreError> {
    Ok(match report {
        Report::AfterHours => {
            let late = |row: &Row| {
                let zone = row.clinic_id.and_then(|clinic| zones.get(&clinic));
                zone.is_some_and(|zone| model::is_after_hours(row.at, zone))
            };
            rows.iter()
                .map(|row| model::is_by_staff(row) && late(row))
                .collect()
        }
        Report::SameFamilyName => {
            let actors = actors(rows);
            let patients: Vec<Uuid> = rows.iter().filter_map(|row| row.patient_id).collect();
            let staff = store::names(conn, &actors).await?;
            let patients = store::patient_names(conn, sealer, &patients).await?;
            let family = |name: &Pii<String>| model::family_name(name.reveal());
            let same = |row: &Row| {
                let actor = staff
                    .get(&AccountId::from(row.actor_id?))
                    .and_then(family)?;
                let patient = patients.get(&row.patient_id?).and_then(family)?;
                Some(actor == patient)
            };
            rows.iter()
                .map(|row| model::is_by_staff(row) && same(row).unwrap_or(false))
                .collect()
        }
        _ => vec![true; rows.len()],
    })
}

fn actors(rows: &[Row]) -> Vec<Uuid> {
    rows.iter().filter_map(|row| row.actor_id).collect()
}

/// The rows as the report shows them.
async fn named(conn: &mut Connection, rows: Vec<Row>) -> Result<Vec<ReportRow>, StoreError> {
    let names = store::names(conn, &actors(&rows)).await?;
    let name = |row: &Row| {
        let name = names.get(&AccountId::from(row.actor_id?))?;
        Some(name.reveal().clone())
    };
    Ok(rows
        .into_iter()
        .map(|row| ReportRow {
            actor_name: name(&row),
            id: row.id,
            at: row.at,
            actor_id: row.actor_id,
            roles: row.roles,
            service: row.actor_service,
            action: row.action,
            resource_type: row.resource_type,
            resource_id: row.resource_id,
            patient_id: row.patient_id,
            purpose: row.purpose,
            outcome: row.outcome,
            code: row.code,
            request_id: row.request_id,
        })
        .collect())
}

/// The filter of `report`, or why it cannot be made.
async fn filter(
    conn: &mut Connection,
    caller: &Caller,
    report: Report,
    query: &ReportQuery,
) -> Result<audit::Filter, Refusal> {
    match report {
        Report::AccountingOfDisclosures if query.patient_id.is_none() => {
            return Err(Refusal::Invalid("This report needs patient_id.".into()));
        }
        Report::UserActivity if query.account_id.is_none() => {
            return Err(Refusal::Invalid("This report needs account_id.".into()));
        }
        _ => {}
    }
    let right = (Resource::AuditLog, Action::Search);
    Ok(audit::Filter {
        clinics: Some(scope(conn, caller).await?),
        // Nobody knows whose clinic an unknown address was meant for.
        and_of_none: report == Report::FailedSignIns
            && caller.roles.reach_organisation(right.0, right.1),
        topic: report.topic(),
        patient: query.patient_id,
        actor: query.account_id,
        from: query.from,
        to: query.to,
    })
}

/// A page of a report.
pub(crate) async fn page(
    app: &App,
    caller: &Caller,
    report: Report,
    query: &ReportQuery,
) -> Result<ReportPage, Refusal> {
    let page: Page<Uuid> = Page::parse(query.cursor.as_deref(), query.limit)?;
    let entry = caller
        .did(Act::Search, ResourceType::AuditLog)
        .patient(query.patient_id)
        .detail("report", report.name());
    let right = (Resource::AuditLog, Action::Search);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let filter = filter(tx.conn(), caller, report, query).await?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (bounds, sealer) = ((limit, LOOKED_AT), &app.seals.demographics);
    let found = find(tx.conn(), sealer, report, &filter, page.after, bounds).await?;
    let items = named(tx.conn(), found.rows).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(ReportPage {
        report,
        items,
        next_cursor: found.next.and_then(|id| crate::page::cursor(&id)),
    })
}

/// A whole report, signed, for taking out. The caller must have proved who they are lately.
pub(crate) async fn export(
    app: &App,
    caller: &Caller,
    report: Report,
    new: NewReportExport,
) -> Result<SignedReport, Refusal> {
    let entry = caller
        .did(Act::Export, ResourceType::AuditLog)
        .patient(new.patient_id)
        .detail("report", report.name());
    let right = (Resource::AuditLog, Action::Search);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    if !caller.stepped_up(caller.now()) {
        return Err(deny(tx, entry, Refusal::StepUpRequired).await);
    }
    let query = ReportQuery {
        patient_id: new.patient_id,
        account_id: new.account_id,
        from: new.from,
        to: new.to,
        ..ReportQuery::default()
    };
    let rows = whole(app, &mut tx, caller, report, &query).await?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let (content, media_type, ending) = match new.format {
        ReportFormat::Csv => (csv::table(&rows), "text/csv; charset=utf-8", "csv"),
        ReportFormat::Json => (
            json(caller, report, &query, &rows)?,
            "application/json",
            "json",
        ),
    };
    tx.commit(Audit::of(entry.detail("rows", count)), Events::none())
        .await?;
    let signature = audit::sign_report(&app.db, content.as_bytes());
    let day = caller.now().strftime("%Y-%m-%d");
    Ok(SignedReport {
        file_name: format!("{}-{day}.{ending}", report.name()),
        media_type: media_type.to_owned(),
        content,
        signature: ReportSignature {
            algorithm: "Ed25519".to_owned(),
            public_key: STANDARD.encode(signature.key),
            value: STANDARD.encode(signature.value),
        },
    })
}

async fn whole(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    report: Report,
    query: &ReportQuery,
) -> Result<Vec<ReportRow>, Refusal> {
    let filter = filter(tx.conn(), caller, report, query).await?;
    let (bounds, sealer) = ((MOST, MOST_LOOKED_AT), &app.seals.demographics);
    let found = find(tx.conn(), sealer, report, &filter, None, bounds).await?;
    if found.next.is_some() {
        // A report that silently lacks rows would be a false one.
        return Err(Refusal::Invalid(
            "The report would be too long. Take it in parts, with from and to.".into(),
        ));
    }
    Ok(named(tx.conn(), found.rows).await?)
}

fn json(
    caller: &Caller,
    report: Report,
    query: &ReportQuery,
    rows: &[ReportRow],
) -> Result<String, Refusal> {
    let report = serde_json::json!({
        "report": report, "made_at": caller.now(), "made_by": caller.account,
        "patient_id": query.patient_id, "account_id": query.account_id,
        "from": query.from, "to": query.to, "rows": rows,
    });
    serde_json::to_string_pretty(&report).map_err(Refusal::internal)
}
