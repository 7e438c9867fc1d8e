//! Whom a transaction serves: what row security in the database goes by.
//!
//! A request is wrapped in [`serving`], says once who asks ([`RowScope::enter`]), and every
//! transaction it begins then tells the database, for the length of that transaction only. A
//! request that has not said it, and code outside any request, sees no row of a patient; the
//! server's own work says that it is that ([`as_service`]).

use std::fmt::Write as _;
use std::sync::OnceLock;

use domain::{AccountId, ClinicId, OrganisationId, ProviderId};
use jiff::Timestamp;

tokio::task_local! {
    /// Whom the running request serves; empty until it is known. Owned by the request's task.
    static SERVED: OnceLock<RowScope>;
}

/// Whose rows may be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowScope(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Person(Person),
    Service,
}

/// Somebody who asks, and how far their roles reach into health data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub account: AccountId,
    /// As a clinician: patients in their care.
    pub provider: Option<ProviderId>,
    /// Everything in this clinic.
    pub clinic: Option<ClinicId>,
    /// Everything in this organisation.
    pub organisation: Option<OrganisationId>,
    /// The instant of the request, which decides what counts.
    pub now: Timestamp,
}

impl RowScope {
    /// What `person` may see.
    pub const fn person(person: Person) -> Self {
        Self(Kind::Person(person))
    }

    /// Says whom the running request serves. The first word stands; false when there was one, or
    /// no request is running.
    pub fn enter(self) -> bool {
        SERVED
            .try_with(|served| served.set(self).is_ok())
            .unwrap_or(false)
    }

    /// The statement that begins a transaction for it. Identifiers and an instant only: nothing in
    /// it can end a literal.
    fn begin(&self) -> String {
        let mut sql = String::from("begin; select ");
        match &self.0 {
            Kind::Service => sql.push_str("set_config('app.service', 'on', true)"),
            Kind::Person(person) => {
                let settings = [
                    ("account", Some(person.account.to_string())),
                    ("provider", person.provider.map(|id| id.to_string())),
                    ("clinic", person.clinic.map(|id| id.to_string())),
                    ("organisation", person.organisation.map(|id| id.to_string())),
                ];
                let _ = write!(sql, "set_config('app.now', '{}', true)", person.now);
                for (name, value) in settings {
                    if let Some(value) = value {
                        let _ = write!(sql, ", set_config('app.{name}', '{value}', true)");
                    }
                }
            }
        }
        sql
    }
}

/// Runs `request` as one that may say whom it serves.
pub async fn serving<F: Future>(request: F) -> F::Output {
    SERVED.scope(OnceLock::new(), request).await
}

/// Runs `work` as the server's own: it sees every row. For what nobody in particular asked for.
pub async fn as_service<F: Future>(work: F) -> F::Output {
    SERVED
        .scope(OnceLock::from(RowScope(Kind::Service)), work)
        .await
}

/// How a transaction of the running request begins; none where nobody said whom it serves.
pub(super) fn begin() -> Option<String> {
    SERVED
        .try_with(|served| served.get().map(RowScope::begin))
        .ok()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> RowScope {
        let id = |last| format!("01900000-0000-7000-8000-00000000000{last}");
        RowScope::person(Person {
            account: id(1).parse().expect("id"),
            provider: None,
            clinic: Some(id(2).parse().expect("id")),
            organisation: None,
            now: Timestamp::UNIX_EPOCH,
        })
    }

    #[tokio::test]
    async fn a_request_says_once_whom_it_serves_and_for_itself_only() {
        assert_eq!(begin(), None);
        assert!(!person().enter(), "there is no request");
        serving(async {
            assert_eq!(begin(), None);
            assert!(person().enter());
            assert!(!RowScope(Kind::Service).enter(), "the first word stands");
            let sql = begin().expect("it is known");
            assert!(sql.contains("'app.account', '01900000-0000-7000-8000-000000000001', true"));
            assert!(!sql.contains("app.service") && !sql.contains("app.organisation"));
            let own = as_service(async { begin() }).await.expect("it is known");
            assert!(own.contains("app.service") && !own.contains("app.account"));
        })
        .await;
        assert_eq!(begin(), None);
    }
}
