//! What can be done with consents. Only the patient gives and withdraws.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events, Exempt, Tx};
use domain::{ConsentDocumentId, ConsentId, PatientId};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::consent::dto::{Consent, ConsentDocument, ConsentList};
use crate::consent::model::{ConsentKind, NewConsent};
use crate::consent::store;
use crate::patient;
use crate::refusal::Refusal;

/// The telehealth text in force.
pub(crate) async fn telehealth_document(
    app: &App,
    caller: &Caller,
) -> Result<ConsentDocument, Refusal> {
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("a consent text"))
        .await?;
    store::in_force(reader.conn(), ConsentKind::Telehealth, caller.now())
        .await?
        .ok_or(Refusal::NotFound)
}

/// A patient's consents: for themselves and whoever may see the patient.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<ConsentList, Refusal> {
    let entry = caller
        .did(Action::Read, ResourceType::Consent)
        .patient(patient);
    let mut tx = app.db.begin().await?;
    let found = patient::store::find(tx.conn(), &app.seals.demographics, patient).await?;
    if patient::ops::visible(tx.conn(), caller, found)
        .await?
        .is_none()
    {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    let items = store::list(tx.conn(), patient).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(ConsentList {
        items,
        next_cursor: None,
    })
}

/// Gives consent to the text in force. One that stands is returned as it is.
pub(crate) async fn give(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    document: ConsentDocumentId,
) -> Result<Consent, Refusal> {
    let entry = caller
        .did(Action::Consent, ResourceType::Consent)
        .patient(patient);
    let entry = entry.detail("document", document.as_uuid());
    let mut tx = own(app, caller, patient, Action::Consent).await?;
    let current = store::in_force(tx.conn(), ConsentKind::Telehealth, caller.now()).await?;
    if current.is_none_or(|current| current.id != document) {
        let refusal = if store::has_document(tx.conn(), document).await? {
            Refusal::ConsentOutdated
        } else {
            Refusal::NotFound
        };
        return Err(deny(tx, entry, refusal).await);
    }
    let consent = NewConsent {
        id: app.id()?,
        patient,
        document,
        given_at: caller.now(),
        given_by: caller.account,
    };
    store::insert(tx.conn(), &consent).await?;
    let given = store::standing(tx.conn(), patient, document).await?;
    let given = given.ok_or(Refusal::Unavailable)?;
    tx.commit(Audit::of(entry.resource(given.id)), Events::none())
        .await?;
    Ok(given)
}

/// Withdraws a consent. One withdrawn before stays as it is.
pub(crate) async fn withdraw(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    id: ConsentId,
) -> Result<Consent, Refusal> {
    let entry = caller.did(Action::WithdrawConsent, ResourceType::Consent);
    let entry = entry.patient(patient).resource(id);
    let mut tx = own(app, caller, patient, Action::WithdrawConsent).await?;
    if store::find(tx.conn(), patient, id).await?.is_none() {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    store::withdraw(tx.conn(), id, caller.now(), caller.account).await?;
    let consent = store::find(tx.conn(), patient, id).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    consent.ok_or(Refusal::NotFound)
}

/// A transaction on the caller's own consents. Somebody who may see the patient is told that
/// this is not theirs to do; anybody else learns nothing.
async fn own(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    action: Action,
) -> Result<Tx, Refusal> {
    let mut tx = app.db.begin().await?;
    if caller.patient == Some(patient) {
        return Ok(tx);
    }
    let entry = caller.did(action, ResourceType::Consent).patient(patient);
    let found = patient::store::find(tx.conn(), &app.seals.demographics, patient).await?;
    let refusal = match patient::ops::visible(tx.conn(), caller, found).await? {
        Some(_) => Refusal::Forbidden,
        None => Refusal::NotFound,
    };
    Err(deny(tx, entry, refusal).await)
}
