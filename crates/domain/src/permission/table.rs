//! The table. A row is a class of data and what is done to it; a column is a role.

use super::{Action, ProxyLevel, Resource, Scope};
use crate::Role;

/// One row: how far each role reaches, in the order of [`Role::ALL`], and then the server itself.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The class of data.
    pub resource: Resource,
    /// What is done to it.
    pub action: Action,
    reach: [Option<Scope>; 8],
}

impl Rule {
    const fn new(resource: Resource, action: Action, reach: [Option<Scope>; 8]) -> Self {
        Self {
            resource,
            action,
            reach,
        }
    }

    /// How far `role` reaches; not at all for none.
    pub const fn of(&self, role: Role) -> Option<Scope> {
        self.reach[role as usize]
    }

    /// How far the server itself reaches when it acts by nobody's order.
    pub const fn of_service(&self) -> Option<Scope> {
        self.reach[7]
    }
}

const NO: Option<Scope> = None;
const OWN: Option<Scope> = Some(Scope::Own);
const SEE: Option<Scope> = Some(Scope::Granted(ProxyLevel::View));
const PLAN: Option<Scope> = Some(Scope::Granted(ProxyLevel::Schedule));
const ACT: Option<Scope> = Some(Scope::Granted(ProxyLevel::Full));
const ATTEND: Option<Scope> = Some(Scope::Attending);
const CARE: Option<Scope> = Some(Scope::Care);
const CLINIC: Option<Scope> = Some(Scope::Clinic);
const ORG: Option<Scope> = Some(Scope::Organisation);

use Action as A;
use Resource as R;

/// Every right there is. What is not in here is nobody's.
///
/// Columns: patient, clinician, coordinator, clinic admin, compliance, family member, super
/// admin, and the server itself.
#[rustfmt::skip]
pub const TABLE: &[Rule] = &[
    //                                             patient clinic. coord.  admin   compl.  family  super   server
    Rule::new(R::Demographics, A::Read,           [OWN,    CARE,   CLINIC, CLINIC, ORG,    SEE,    NO,     ORG]),
    Rule::new(R::Demographics, A::Search,         [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::Demographics, A::Create,         [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::Demographics, A::Update,         [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::ContactDetails, A::Update,       [OWN,    NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::Schedule, A::Read,               [NO,     NO,     CLINIC, CLINIC, ORG,    NO,     NO,     ORG]),
    Rule::new(R::Schedule, A::Create,             [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::Schedule, A::Update,             [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::Schedule, A::Cancel,             [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::Visit, A::Read,                  [OWN,    CARE,   CLINIC, CLINIC, ORG,    SEE,    NO,     ORG]),
    Rule::new(R::Visit, A::Search,                [OWN,    CARE,   CLINIC, CLINIC, NO,     SEE,    NO,     ORG]),
    Rule::new(R::Visit, A::CheckIn,               [OWN,    NO,     CLINIC, NO,     NO,     ACT,    NO,     NO]),
    Rule::new(R::Visit, A::Prepare,               [OWN,    NO,     NO,     NO,     NO,     ACT,    NO,     NO]),
    Rule::new(R::Visit, A::Admit,                 [NO,     ATTEND, CLINIC, NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::Visit, A::Conduct,               [NO,     ATTEND, NO,     NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::Visit, A::Cancel,                [OWN,    ATTEND, CLINIC, CLINIC, NO,     PLAN,   NO,     NO]),
    Rule::new(R::VisitRoom, A::Join,              [OWN,    ATTEND, NO,     NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::VisitRoom, A::Moderate,          [NO,     ATTEND, CLINIC, NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::VisitJournal, A::Read,           [NO,     CARE,   CLINIC, CLINIC, ORG,    NO,     NO,     ORG]),
    Rule::new(R::VisitJournal, A::Create,         [NO,     NO,     NO,     NO,     NO,     NO,     NO,     ORG]),
    Rule::new(R::ClinicalNotes, A::Read,          [OWN,    CARE,   NO,     CLINIC, ORG,    SEE,    NO,     NO]),
    Rule::new(R::Prescriptions, A::Read,          [OWN,    CARE,   NO,     NO,     ORG,    SEE,    NO,     NO]),
    Rule::new(R::Consent, A::Read,                [OWN,    CARE,   CLINIC, CLINIC, ORG,    SEE,    NO,     NO]),
    Rule::new(R::Consent, A::Create,              [OWN,    NO,     NO,     NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::Consent, A::Update,              [OWN,    NO,     NO,     NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::CareTeam, A::Read,               [OWN,    CARE,   CLINIC, CLINIC, ORG,    SEE,    NO,     NO]),
    Rule::new(R::CareTeam, A::Create,             [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::CareTeam, A::Update,             [NO,     NO,     CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::Proxy, A::Read,                  [OWN,    CARE,   CLINIC, CLINIC, ORG,    NO,     NO,     NO]),
    Rule::new(R::Proxy, A::Search,                [NO,     NO,     NO,     NO,     NO,     SEE,    NO,     NO]),
    Rule::new(R::Proxy, A::Create,                [OWN,    NO,     CLINIC, NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::Proxy, A::Update,                [OWN,    NO,     CLINIC, NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::EmergencyAccess, A::Create,      [NO,     ORG,    NO,     NO,     NO,     NO,     NO,     NO]),
    Rule::new(R::EmergencyAccess, A::Search,      [NO,     NO,     NO,     NO,     ORG,    NO,     NO,     NO]),
    Rule::new(R::EmergencyAccess, A::Read,        [NO,     NO,     NO,     NO,     ORG,    NO,     NO,     ORG]),
    Rule::new(R::EmergencyAccess, A::Review,      [NO,     NO,     NO,     NO,     ORG,    NO,     NO,     NO]),
    Rule::new(R::EmergencyAccess, A::Update,      [NO,     NO,     NO,     NO,     NO,     NO,     NO,     ORG]),
    Rule::new(R::WaitingRoom, A::Read,            [NO,     CARE,   CLINIC, CLINIC, NO,     NO,     NO,     NO]),
    Rule::new(R::ProviderDirectory, A::Search,    [CLINIC, CLINIC, CLINIC, CLINIC, CLINIC, CLINIC, CLINIC, NO]),
    Rule::new(R::Account, A::Search,              [NO,     NO,     NO,     CLINIC, NO,     NO,     ORG,    NO]),
    Rule::new(R::Account, A::Create,              [NO,     NO,     NO,     CLINIC, NO,     NO,     ORG,    NO]),
    Rule::new(R::Account, A::Read,                [NO,     NO,     NO,     CLINIC, NO,     NO,     ORG,    NO]),
    Rule::new(R::Account, A::Update,              [NO,     NO,     NO,     CLINIC, NO,     NO,     ORG,    NO]),
    Rule::new(R::AuditLog, A::Search,             [NO,     NO,     NO,     CLINIC, ORG,    NO,     ORG,    NO]),
    Rule::new(R::AuditLog, A::Create,             [NO,     NO,     NO,     NO,     NO,     NO,     NO,     ORG]),
    Rule::new(R::AccessHistory, A::Read,          [OWN,    NO,     NO,     NO,     NO,     SEE,    NO,     NO]),
    Rule::new(R::Settings, A::Read,               [NO,     NO,     NO,     CLINIC, ORG,    NO,     ORG,    ORG]),
    Rule::new(R::Settings, A::Update,             [NO,     NO,     NO,     CLINIC, NO,     NO,     ORG,    NO]),
];

/// The place of a right in [`TABLE`].
pub(super) fn row(resource: Resource, action: Action) -> Option<usize> {
    TABLE
        .iter()
        .position(|rule| rule.resource == resource && rule.action == action)
}

/// How far `role` reaches with `action` on `resource`; not at all for none.
pub fn reach(role: Role, resource: Resource, action: Action) -> Option<Scope> {
    row(resource, action).and_then(|row| TABLE[row].of(role))
}

/// How far the server itself reaches, when it acts by nobody's order.
pub fn service_reach(resource: Resource, action: Action) -> Option<Scope> {
    row(resource, action).and_then(|row| TABLE[row].of_service())
}
