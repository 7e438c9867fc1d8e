//! What a caller may do to a patient's data, and how an access, or the refusal of one, gets on
//! record: exactly one audit row each.

pub(crate) mod store;

use ::store::audit::{Action as Act, Actor, Purpose, ResourceType};
use ::store::{AuditEntry, Tx};
use domain::permission::{Action, Circle, Decision, ProxyLevel, Resource, Rights};
use domain::{ClinicId, EmergencyAccessId, OrganisationId, PatientId, ProxyGrantId, Role};

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

impl Caller {
    /// The caller did `action` to something of `resource`, in their clinic.
    pub(crate) fn did(&self, action: Act, resource: ResourceType) -> AuditEntry {
        let actor = Actor::Account {
            account: self.account,
            session: Some(self.session),
            roles: self.roles.clone(),
        };
        AuditEntry::new(actor, action, resource, self.purpose())
            .clinic(self.clinic)
            .request(self.moment.request)
    }

    /// What the caller acts for, by the part they play.
    fn purpose(&self) -> Purpose {
        if self.roles.has(Role::Clinician) {
            Purpose::Treatment
        } else if self.roles.reach(Resource::Schedule, Action::Create) {
            Purpose::Operations
        } else if self.roles.has(Role::Compliance) {
            Purpose::Compliance
        } else if self.roles.has(Role::SuperAdmin) {
            Purpose::Operations
        } else {
            Purpose::IndividualRequest
        }
    }
}

/// What a caller is to a patient at the instant of the request, as the database finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// They are the patient.
    pub(crate) own: bool,
    /// They act for the patient.
    pub(crate) proxy: Option<(ProxyGrantId, ProxyLevel)>,
    /// They care for the patient.
    pub(crate) care: Option<Care>,
    /// They have broken the glass.
    pub(crate) emergency: Option<EmergencyAccessId>,
}

/// What makes a care relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// A place in the care team.
    Team,
    /// A visit under way.
    LiveVisit,
    /// An appointment inside the clinic's window.
    Appointment,
}

impl Care {
    /// The relationship of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "care_team" => Self::Team,
            "live_visit" => Self::LiveVisit,
            "appointment" => Self::Appointment,
            _ => return None,
        })
    }
}

/// Where a patient's data belong, and what the caller is to the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) clinic: ClinicId,
    pub(crate) organisation: OrganisationId,
    pub(crate) standing: Standing,
}

impl Reach {
    /// What `caller` is to the patient; `attending` says that they conduct the visit in question.
    pub(crate) fn circle(&self, caller: &Caller, attending: bool) -> Circle {
        let standing = &self.standing;
        Circle {
            own: standing.own,
            proxy: standing.proxy.map(|(_, level)| level),
            attending,
            care: standing.care.is_some(),
            emergency: standing.emergency.is_some(),
            clinic: self.clinic == caller.clinic,
            organisation: self.organisation == caller.organisation,
        }
    }

    /// What `caller` may do to the patient's data.
    pub(crate) fn rights(&self, caller: &Caller) -> Rights {
        Rights::of(&caller.roles, &self.circle(caller, false))
    }
}

impl Standing {
    /// `entry` with what it must tell of this standing: the emergency access it was done under,
    /// and the grant by which somebody acted for the patient.
    pub(crate) fn mark(&self, entry: AuditEntry) -> AuditEntry {
        if let (None, Some(emergency)) = (self.care, self.emergency) {
            return entry
                .purpose(Purpose::Emergency)
                .detail("emergency_access", emergency.as_uuid());
        }
        match self.proxy {
            Some((grant, level)) if !self.own => entry
                .detail("proxy_grant", grant.as_uuid())
                .detail("proxy_level", level.name()),
            _ => entry,
        }
    }
}

/// The refusal a decision stands for, if it is one.
pub(crate) const fn judge(decision: Decision) -> Result<(), Refusal> {
    match decision {
        Decision::Allowed => Ok(()),
        Decision::Forbidden => Err(Refusal::Forbidden),
        Decision::Unknown => Err(Refusal::NotFound),
    }
}

/// A transaction on the data of a patient, for somebody who may.
pub(crate) struct Opened {
    pub(crate) tx: Tx,
    /// The entry, told what it must tell of the caller's standing.
    pub(crate) entry: AuditEntry,
    pub(crate) reach: Reach,
}

/// Begins a transaction in which `caller` does `action` to `resource` of `patient`; `entry` says
/// so on record. Whoever may not is denied, whoever may not know of the patient like somebody who
/// asks for an unknown one.
pub(crate) async fn open(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    entry: AuditEntry,
    (resource, action): (Resource, Action),
) -> Result<Opened, Refusal> {
    let mut tx = app.db.begin().await?;
    let entry = entry.patient(patient);
    let Some(reach) = store::reach(tx.conn(), &app.seals.demographics, patient).await? else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    let entry = reach.standing.mark(entry);
    match judge(reach.rights(caller).decide(resource, action)) {
        Ok(()) => Ok(Opened { tx, entry, reach }),
        Err(refusal) => Err(deny(tx, entry, refusal).await),
    }
}

/// Begins a transaction in which `caller` does `action` to something of `resource` that is no
/// single patient's. Whoever may not is denied.
pub(crate) async fn begin(
    app: &App,
    caller: &Caller,
    entry: &AuditEntry,
    (resource, action): (Resource, Action),
) -> Result<Tx, Refusal> {
    let tx = app.db.begin().await?;
    if caller.roles.reach(resource, action) {
        return Ok(tx);
    }
    Err(deny(tx, entry.clone(), Refusal::Forbidden).await)
}

/// Rolls `tx` back, puts the denial of `entry` on record, and returns `refusal`; or the store's
/// error, when not even the denial could be kept.
pub(crate) async fn deny(mut tx: Tx, mut entry: AuditEntry, refusal: Refusal) -> Refusal {
    if let Some(visit) = entry.visit_without_patient() {
        match store::patient_of_visit(tx.conn(), visit.into()).await {
            Ok(patient) => entry = entry.patient(patient),
            Err(error) => return error.into(),
        }
    }
    match tx.deny(entry.code(refusal.code())).await {
        Ok(()) => refusal,
        Err(error) => error.into(),
    }
}
