//! What is done to patients' sealed details beside requests: sealing what was plain, and erasing.

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Db, Events, Exempt, StoreError, scope};
use bus::event::Event;
use domain::PatientId;
use jiff::Timestamp;

use crate::app::App;
use crate::patient::store;
use crate::refusal::Refusal;

/// Patients in one transaction.
const BATCH: i64 = 200;

/// Seals the names and dates of birth that were stored plain by a program of before. Safe to
/// interrupt: what is left is done at the next start.
pub(crate) async fn seal_plain(app: &App) -> Result<(), Refusal> {
    let mut sealed = 0;
    loop {
        let mut tx = app.db.begin().await?;
        let some = store::seal_some(tx.conn(), &app.seals.demographics, BATCH).await?;
        let same = Exempt::AuditedBefore("the making of the patients; nothing of them changes");
        tx.commit(Audit::exempt(same), Events::none()).await?;
        sealed += some;
        if some == 0 {
            break;
        }
    }
    if sealed > 0 {
        tracing::info!(patients = sealed, "Sealed the names of {sealed} patients");
    }
    Ok(())
}

/// Erases `patient` (GDPR, article 17): destroys the keys of everything that is sealed for them,
/// their messages among it, takes their account away, and puts `reason` on record, a word of the
/// program. Appointments, visits and audit rows stay, about an erased patient. Returns how many keys
/// were destroyed; none for an unknown patient. Safe to repeat.
///
/// # Errors
/// [`StoreError`]; nothing was erased then.
pub async fn erase_patient(
    db: &Db,
    patient: PatientId,
    reason: &'static str,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    scope::as_service(async {
        let mut tx = db.begin().await?;
        let Some(erased) = store::erase(tx.conn(), patient, now).await? else {
            return Ok(None);
        };
        let actor = Actor::Service("keys");
        let purpose = Purpose::IndividualRequest;
        let entry = AuditEntry::new(actor, Action::Erase, ResourceType::Patient, purpose)
            .resource(patient)
            .patient(patient)
            .clinic(erased.clinic)
            .detail("reason", reason)
            .detail("keys", erased.keys);
        let gone = erased.account.map(|account| Event::AccountChanged {
            account,
            clinic: erased.clinic,
            roles: Vec::new(),
        });
        tx.commit(Audit::of(entry), Events::of(gone)).await?;
        Ok(Some(erased.keys))
    })
    .await
}
