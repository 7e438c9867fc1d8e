//! One act, before it becomes a row.

use std::collections::BTreeMap;

use domain::{AccountId, ClinicId, ErrorCode, PatientId, RequestId, Roles, SessionId};
use serde_json::Value;
use uuid::Uuid;

use super::{Action, Outcome, Purpose, ResourceType};

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    Account {
        /// Who.
        account: AccountId,
        /// In which session.
        session: Option<SessionId>,
        /// With which roles at that moment.
        roles: Roles,
    },
    /// The server itself, by the name of the service.
    Service(&'static str),
    /// Nobody known: a failed sign-in.
    Anonymous,
}

impl Actor {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Account { .. } => "account",
            Self::Service(_) => "service",
            Self::Anonymous => "anonymous",
        }
    }
}

/// A value that cannot carry personal text: identifiers, numbers, flags, and words from the
/// program's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailValue {
    /// An identifier.
    Id(Uuid),
    /// A number or count.
    Number(i64),
    /// A flag.
    Flag(bool),
    /// A word of the program.
    Word(&'static str),
}

impl From<Uuid> for DetailValue {
    fn from(value: Uuid) -> Self {
        Self::Id(value)
    }
}
impl From<i64> for DetailValue {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}
impl From<bool> for DetailValue {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}
impl From<&'static str> for DetailValue {
    fn from(value: &'static str) -> Self {
        Self::Word(value)
    }
}

impl From<DetailValue> for Value {
    fn from(value: DetailValue) -> Self {
        match value {
            DetailValue::Id(id) => Self::String(id.as_hyphenated().to_string()),
            DetailValue::Number(number) => Self::from(number),
            DetailValue::Flag(flag) => Self::Bool(flag),
            DetailValue::Word(word) => Self::String(word.to_owned()),
        }
    }
}

/// One act, built from typed words so that no free text can slip in. Its outcome is
/// [`Outcome::Success`] unless said otherwise; identifier and time are given when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an entry is written by Tx::commit, Tx::deny or Db::record"]
pub struct AuditEntry {
    pub(crate) actor: Actor,
    pub(crate) action: Action,
    pub(crate) resource_type: ResourceType,
    pub(crate) resource: Option<Uuid>,
    pub(crate) clinic: Option<ClinicId>,
    pub(crate) patient: Option<PatientId>,
    pub(crate) purpose: Purpose,
    pub(crate) outcome: Outcome,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) request: Option<RequestId>,
    pub(crate) detail: BTreeMap<&'static str, DetailValue>,
}

impl AuditEntry {
    /// `actor` did `action` to something of `resource_type`, for `purpose`.
    pub fn new(
        actor: Actor,
        action: Action,
        resource_type: ResourceType,
        purpose: Purpose,
    ) -> Self {
        Self {
            actor,
            action,
            resource_type,
            resource: None,
            clinic: None,
            patient: None,
            purpose,
            outcome: Outcome::Success,
            code: None,
            request: None,
            detail: BTreeMap::new(),
        }
    }

    /// Which one it was done to.
    pub fn resource(mut self, id: impl Into<Uuid>) -> Self {
        self.resource = Some(id.into());
        self
    }

    /// In which clinic: who may read the row.
    pub fn clinic(mut self, clinic: ClinicId) -> Self {
        self.clinic = Some(clinic);
        self
    }

    /// Whose data it was.
    pub fn patient(mut self, patient: impl Into<Option<PatientId>>) -> Self {
        self.patient = patient.into();
        self
    }

    /// What for, where that is another purpose than the one said first.
    pub fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// In which request.
    pub fn request(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// How it ended.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// The stable code of the refusal or failure.
    pub fn code(mut self, code: ErrorCode) -> Self {
        self.code = Some(code);
        self
    }

    /// A further fact. The same key twice keeps the last value.
    pub fn detail(mut self, key: &'static str, value: impl Into<DetailValue>) -> Self {
        self.detail.insert(key, value.into());
        self
    }

    /// The visit it names, while it names no patient: a denial says whose data were tried, also
    /// where whoever tried must not learn it.
    pub fn visit_without_patient(&self) -> Option<Uuid> {
        if self.patient.is_some() {
            return None;
        }
        match (self.resource_type, self.detail.get("visit")) {
            (ResourceType::Visit | ResourceType::VisitJournal, _) => self.resource,
            (_, Some(DetailValue::Id(visit))) => Some(*visit),
            _ => None,
        }
    }

    pub(crate) fn denied(self) -> Self {
        self.outcome(Outcome::Denied)
    }
}
