//! The SQL of `audit.event`.

use domain::{AccountId, ClinicId, PatientId};
use jiff::{Timestamp, Unit};
use jiff_sqlx::ToSqlx as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, QueryBuilder, Row as _};
use uuid::Uuid;

use super::{Account, Action, Actor, Audit, AuditEntry, AuditKey};
use crate::db::Inner;
use crate::{Connection, StoreError};

/// Rows in one INSERT: 20 columns each must stay under PostgreSQL's 65,535 parameters.
const BATCH: usize = 500;

/// A row as stored. Words are text here, so that a row of a newer program still reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Identifier (UUIDv7): orders rows by the time they were written.
    pub id: Uuid,
    /// When, to the microsecond.
    pub at: Timestamp,
    /// `account`, `service` or `anonymous`.
    pub actor_kind: String,
    /// The account that acted.
    pub actor_id: Option<Uuid>,
    /// The service that acted.
    pub actor_service: Option<String>,
    /// The session it acted in.
    pub session_id: Option<Uuid>,
    /// The roles it held.
    pub roles: Vec<String>,
    /// The clinic it belongs to.
    pub clinic_id: Option<Uuid>,
    /// A name of [`super::Action`].
    pub action: String,
    /// A name of [`super::ResourceType`].
    pub resource_type: String,
    /// What it was done to.
    pub resource_id: Option<Uuid>,
    /// Whose data it was.
    pub patient_id: Option<Uuid>,
    /// A name of [`super::Purpose`].
    pub purpose: String,
    /// A name of [`super::Outcome`].
    pub outcome: String,
    /// A name of [`domain::ErrorCode`].
    pub code: Option<String>,
    /// The request it was part of.
    pub request_id: Option<Uuid>,
    /// For a patient shown by a search: the row of the query.
    pub search_id: Option<Uuid>,
    /// Further facts: an object of identifiers, numbers, flags and words.
    pub detail: Value,
    /// The name of the key the MAC was made with.
    pub key_id: i64,
    /// HMAC-SHA256 over all of the above.
    #[serde(with = "super::hex")]
    pub mac: Vec<u8>,
}

pub(super) const COLUMNS: &str = "id, at, actor_kind, actor_id, actor_service, session_id, roles, clinic_id, \
    action, resource_type, resource_id, patient_id, purpose, outcome, code, request_id, search_id, \
    detail, key_id, mac";

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            at: row.try_get::<jiff_sqlx::Timestamp, _>("at")?.to_jiff(),
            actor_kind: row.try_get("actor_kind")?,
            actor_id: row.try_get("actor_id")?,
            actor_service: row.try_get("actor_service")?,
            session_id: row.try_get("session_id")?,
            roles: row.try_get("roles")?,
            clinic_id: row.try_get("clinic_id")?,
            action: row.try_get("action")?,
            resource_type: row.try_get("resource_type")?,
            resource_id: row.try_get("resource_id")?,
            patient_id: row.try_get("patient_id")?,
            purpose: row.try_get("purpose")?,
            outcome: row.try_get("outcome")?,
            code: row.try_get("code")?,
            request_id: row.try_get("request_id")?,
            search_id: row.try_get("search_id")?,
            detail: row.try_get("detail")?,
            key_id: row.try_get("key_id")?,
            mac: row.try_get("mac")?,
        })
    }
}

/// What a reviewer asks for. Each has an index of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Emergency access, its review, and what was done under it.
    BreakGlass,
    /// Sign-ins and proofs of identity that failed.
    FailedSignIns,
    /// What left the system.
    Exports,
    /// Somebody signed in reached data of a patient.
    PatientData,
}

impl Topic {
    const fn condition(self) -> &'static str {
        match self {
            Self::BreakGlass => {
                "(purpose = 'emergency' or action in ('break_glass', 'review', 'escalate'))"
            }
            Self::FailedSignIns => "(action in ('sign_in', 'step_up') and outcome <> 'success')",
            Self::Exports => "action = 'export'",
            Self::PatientData => {
                "(actor_kind = 'account' and patient_id is not null and outcome = 'success')"
            }
        }
    }
}

/// Which rows to read. Every given part must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of these clinics; none means any.
    pub clinics: Option<Vec<ClinicId>>,
    /// Also rows of no clinic: attempts by nobody known.
    pub and_of_none: bool,
    /// On this subject.
    pub topic: Option<Topic>,
    /// About this patient.
    pub patient: Option<PatientId>,
    /// By this account.
    pub actor: Option<AccountId>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// Up to `limit` rows that pass `filter`, newest first, older than the row `before`. The last
/// row's `id` is the next page's `before`. Reading the log is itself an act to audit.
///
/// # Errors
/// [`StoreError`].
pub async fn page(
    conn: &mut Connection,
    filter: &Filter,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let mut sql = QueryBuilder::new("select ");
    sql.push(COLUMNS).push(" from audit.event where true");
    if let Some(clinics) = &filter.clinics {
        let ids: Vec<Uuid> = clinics.iter().map(|clinic| clinic.as_uuid()).collect();
        sql.push(" and (clinic_id = any(").push_bind(ids).push(")");
        if filter.and_of_none {
            sql.push(" or clinic_id is null");
        }
        sql.push(")");
    }
    if let Some(topic) = filter.topic {
        sql.push(" and ").push(topic.condition());
    }
    if let Some(patient) = filter.patient {
        sql.push(" and patient_id = ").push_bind(patient.as_uuid());
    }
    if let Some(actor) = filter.actor {
        sql.push(" and actor_id = ").push_bind(actor.as_uuid());
    }
    if let Some(from) = filter.from {
        sql.push(" and at >= ").push_bind(from.to_sqlx());
    }
    if let Some(to) = filter.to {
        sql.push(" and at < ").push_bind(to.to_sqlx());
    }
    if let Some(before) = before {
        sql.push(" and id < ").push_bind(before);
    }
    sql.push(" order by id desc limit ")
        .push_bind(i64::from(limit));
    Ok(sql.build_query_as().fetch_all(conn).await?)
}

/// Writes what `audit` answers for, in the caller's transaction.
pub(crate) async fn append(
    conn: &mut Connection,
    db: &Inner,
    audit: Audit,
) -> Result<(), StoreError> {
    let rows = match audit.0 {
        Account::Exempt => return Ok(()),
        Account::Entries(entries) => entries
            .iter()
            .map(|entry| seal(db, entry, None))
            .collect::<Result<Vec<_>, _>>()?,
        Account::Search { query, patients } => {
            let shown = i64::try_from(patients.len()).unwrap_or(i64::MAX);
            let query = query.detail("shown", shown);
            let mut rows = vec![seal(db, &query, None)?];
            let search = rows[0].id;
            for patient in patients {
                let mut entry = query.clone().patient(patient);
                entry.action = Action::Show;
                entry.detail.clear();
                rows.push(seal(db, &entry, Some(search))?);
            }
            rows
        }
    };
    for batch in rows.chunks(BATCH) {
        insert(conn, batch).await?;
    }
    Ok(())
}

async fn insert(conn: &mut Connection, rows: &[Row]) -> Result<(), StoreError> {
    let mut sql = QueryBuilder::new("insert into audit.event (");
    sql.push(COLUMNS).push(") ");
    sql.push_values(rows, |mut values, row| {
        values
            .push_bind(row.id)
            .push_bind(row.at.to_sqlx())
            .push_bind(&row.actor_kind)
            .push_bind(row.actor_id)
            .push_bind(&row.actor_service)
            .push_bind(row.session_id)
            .push_bind(&row.roles)
            .push_bind(row.clinic_id)
            .push_bind(&row.action)
            .push_bind(&row.resource_type)
            .push_bind(row.resource_id)
            .push_bind(row.patient_id)
            .push_bind(&row.purpose)
            .push_bind(&row.outcome)
            .push_bind(&row.code)
            .push_bind(row.request_id)
            .push_bind(row.search_id)
            .push_bind(&row.detail)
            .push_bind(row.key_id)
            .push_bind(&row.mac);
    });
    sql.build().execute(conn).await?;
    Ok(())
}

/// The row of `entry`: named, stamped and authenticated.
fn seal(db: &Inner, entry: &AuditEntry, search: Option<Uuid>) -> Result<Row, StoreError> {
    // PostgreSQL keeps microseconds; the MAC must cover what will be read back.
    let now = db.clock.now();
    let at = now.round(Unit::Microsecond).unwrap_or(now);
    Ok(row(entry, db.ids.make()?, at, search, &db.audit_key))
}

fn row(entry: &AuditEntry, id: Uuid, at: Timestamp, search: Option<Uuid>, key: &AuditKey) -> Row {
    let (account, session, roles, service) = match &entry.actor {
        Actor::Account {
            account,
            session,
            roles,
        } => (Some(*account), *session, Some(roles), None),
        Actor::Service(name) => (None, None, None, Some((*name).to_owned())),
        Actor::Anonymous => (None, None, None, None),
    };
    let detail = entry.detail.iter();
    let mut row = Row {
        id,
        at,
        actor_kind: entry.actor.kind().to_owned(),
        actor_id: account.map(Uuid::from),
        actor_service: service,
        session_id: session.map(Uuid::from),
        roles: roles.map_or_else(Vec::new, |roles| {
            roles.iter().map(|role| role.name().to_owned()).collect()
        }),
        clinic_id: entry.clinic.map(Uuid::from),
        action: entry.action.name().to_owned(),
        resource_type: entry.resource_type.name().to_owned(),
        resource_id: entry.resource,
        patient_id: entry.patient.map(Uuid::from),
        purpose: entry.purpose.name().to_owned(),
        outcome: entry.outcome.name().to_owned(),
        code: entry.code.map(|code| code.name().to_owned()),
        request_id: entry.request.map(Uuid::from),
        search_id: search,
        detail: Value::Object(
            detail
                .map(|(key, value)| ((*key).to_owned(), (*value).into()))
                .collect(),
        ),
        key_id: key.id(),
        mac: Vec::new(),
    };
    row.mac = key.sign(&row);
    row
}
