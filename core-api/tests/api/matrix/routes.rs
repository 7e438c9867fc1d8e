//! Which right each route needs. Session-ending routes come last.

use domain::permission::{Action as A, Resource as R};

/// What a route needs.
pub(super) enum Rule {
    /// Nobody need be signed in.
    Public,
    /// A secret in the body decides, and the matrix holds none that counts.
    Secret,
    /// One's own account or session, or what is no secret to whoever is signed in.
    Own,
    /// This right over the patient whom the path, or the body, names.
    Patient((R, A)),
    /// This right within one's own reach; the answer holds nothing beyond it.
    Collection((R, A)),
}

use Rule::{Collection, Own, Patient, Public, Secret};

pub(super) const ROUTES: &[(&str, Rule)] = &[
    ("POST /sessions", Public),
    ("POST /guest/visit", Secret),
    ("POST /guest/knock", Secret),
    ("POST /guest/join", Secret),
    ("POST /guest/people", Secret),
    ("GET /invitations", Own),
    ("POST /sessions/second-factor", Secret),
    ("POST /session/refresh", Secret),
    // Of one's own session or factor; the matrix names none.
    ("DELETE /sessions/{id}", Secret),
    ("POST /factors/{id}/confirm", Secret),
    ("PATCH /factors/{id}", Secret),
    ("POST /sessions/second-factor/passkey", Secret),
    ("POST /session/step-up/passkey", Secret),
    ("POST /sessions/passkey/options", Public),
    ("POST /sessions/passkey", Public),
    ("POST /password-resets", Public),
    ("POST /password-resets/complete", Public),
    ("POST /sign-in-links", Public),
    ("POST /sessions/link", Public),
    ("POST /factors/passkeys/options", Own),
    ("POST /factors/passkeys", Own),
    ("GET /session", Own),
    ("GET /sessions", Own),
    ("GET /session/notices", Own),
    ("POST /session/step-up", Own),
    ("POST /account/password", Own),
    ("GET /factors", Own),
    ("POST /factors/totp", Own),
    ("POST /factors/recovery-codes", Own),
    ("DELETE /factors/{id}", Own),
    ("POST /session/token", Own),
    ("GET /clinics/{id}", Own),
    ("GET /consent-documents/telehealth", Own),
    ("GET /emergency-notices", Own),
    (
        "GET /clinics/{id}/access-policy",
        Patient((R::Settings, A::Read)),
    ),
    (
        "PATCH /clinics/{id}/access-policy",
        Patient((R::Settings, A::Update)),
    ),
    (
        "GET /providers",
        Collection((R::ProviderDirectory, A::Search)),
    ),
    ("GET /accounts", Collection((R::Account, A::Search))),
    ("POST /accounts", Collection((R::Account, A::Create))),
    (
        "POST /accounts/{id}/disable",
        Collection((R::Account, A::Create)),
    ),
    (
        "POST /accounts/{id}/enable",
        Collection((R::Account, A::Create)),
    ),
    (
        "POST /accounts/{id}/reset-factors",
        Collection((R::Account, A::Create)),
    ),
    ("GET /patients", Collection((R::Demographics, A::Search))),
    ("POST /patients", Collection((R::Demographics, A::Create))),
    (
        "POST /patients/_search",
        Collection((R::Demographics, A::Search)),
    ),
    ("GET /patients/{id}", Patient((R::Demographics, A::Read))),
    (
        "PATCH /patients/{id}",
        Patient((R::ContactDetails, A::Update)),
    ),
    (
        "GET /patients/{id}/consents",
        Patient((R::Consent, A::Read)),
    ),
    (
        "POST /patients/{id}/consents",
        Patient((R::Consent, A::Create)),
    ),
    (
        "POST /patients/{id}/consents/{cid}/withdraw",
        Patient((R::Consent, A::Update)),
    ),
    (
        "GET /patients/{id}/care-team",
        Patient((R::CareTeam, A::Read)),
    ),
    (
        "POST /patients/{id}/care-team",
        Patient((R::CareTeam, A::Create)),
    ),
    (
        "POST /patients/{id}/care-team/{member}/end",
        Patient((R::CareTeam, A::Update)),
    ),
    ("GET /patients/{id}/proxies", Patient((R::Proxy, A::Read))),
    (
        "POST /patients/{id}/proxies",
        Patient((R::Proxy, A::Create)),
    ),
    (
        "POST /patients/{id}/proxies/{grant}/revoke",
        Patient((R::Proxy, A::Update)),
    ),
    (
        "GET /represented-patients",
        Collection((R::Proxy, A::Search)),
    ),
    ("POST /appointments", Collection((R::Schedule, A::Create))),
    ("GET /appointments/{id}", Patient((R::Schedule, A::Read))),
    (
        "PATCH /appointments/{id}",
        Patient((R::Schedule, A::Update)),
    ),
    ("GET /visits", Collection((R::Visit, A::Search))),
    ("GET /waiting-room", Collection((R::WaitingRoom, A::Read))),
    ("GET /visits/{id}", Patient((R::Visit, A::Read))),
    ("GET /visits/{id}/room", Patient((R::Visit, A::Read))),
    (
        "GET /visits/{id}/chart",
        Patient((R::ClinicalNotes, A::Read)),
    ),
    (
        "GET /visits/{id}/journal",
        Patient((R::VisitJournal, A::Read)),
    ),
    (
        "POST /visits/{id}/check-in",
        Patient((R::Visit, A::CheckIn)),
    ),
    ("POST /visits/{id}/ready", Patient((R::Visit, A::Prepare))),
    ("POST /visits/{id}/admit", Patient((R::Visit, A::Admit))),
    ("POST /visits/{id}/join", Patient((R::VisitRoom, A::Join))),
    (
        "POST /visits/{id}/lock",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    (
        "POST /visits/{id}/unlock",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    (
        "POST /visits/{id}/participants/{account}/remove",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    (
        "POST /visits/{id}/participants/{account}/mute",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    ("GET /visits/{id}/people", Patient((R::Visit, A::Read))),
    (
        "GET /visits/{id}/colleagues",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    (
        "POST /visits/{id}/invitations",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    (
        "POST /visits/{id}/invitations/{invitation}/let-in",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    (
        "POST /visits/{id}/invitations/{invitation}/revoke",
        Patient((R::VisitRoom, A::Moderate)),
    ),
    (
        "POST /visits/{id}/return-to-waiting",
        Patient((R::Visit, A::Conduct)),
    ),
    (
        "POST /visits/{id}/complete",
        Patient((R::Visit, A::Conduct)),
    ),
    ("POST /visits/{id}/no-show", Patient((R::Visit, A::Admit))),
    ("POST /visits/{id}/cancel", Patient((R::Visit, A::Cancel))),
    (
        "POST /appointments/{id}/cancel",
        Patient((R::Schedule, A::Cancel)),
    ),
    ("GET /audit-events", Collection((R::AuditLog, A::Search))),
    (
        "GET /audit-reports/{report}",
        Collection((R::AuditLog, A::Search)),
    ),
    (
        "POST /audit-reports/{report}/export",
        Collection((R::AuditLog, A::Search)),
    ),
    (
        "GET /patients/{id}/record-accesses",
        Patient((R::AccessHistory, A::Read)),
    ),
    (
        "GET /emergency-access",
        Collection((R::EmergencyAccess, A::Search)),
    ),
    (
        "GET /emergency-access/{id}",
        Patient((R::EmergencyAccess, A::Read)),
    ),
    (
        "POST /emergency-access/{id}/review",
        Patient((R::EmergencyAccess, A::Review)),
    ),
    (
        "POST /patients/{id}/emergency-access",
        Patient((R::EmergencyAccess, A::Create)),
    ),
    ("DELETE /sessions", Own),
    ("DELETE /session", Own),
];
