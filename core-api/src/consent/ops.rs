//! What can be done with consents. Only the patient gives and withdraws.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, Events, Exempt};
use domain::permission::{Action, Resource};
use domain::{ConsentDocumentId, ConsentId, PatientId};

use crate::access::{self, Opened, deny};
use crate::app::App;
use crate::caller::Caller;
use crate::consent::dto::{Consent, ConsentDocument, ConsentList};
use crate::consent::model::{ConsentKind, NewConsent};
use crate::consent::store;
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

/// A patient's consents.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<ConsentList, Refusal> {
    let entry = caller.did(Act::Read, ResourceType::Consent);
    let right = (Resource::Consent, Action::Read);
    let Opened { mut tx, entry, .. } = access::open(app, caller, patient, entry, right).await?;
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
        .did(Act::Consent, ResourceType::Consent)
        .detail("document", document.as_uuid());
    let right = (Resource::Consent, Action::Create);
    let Opened { mut tx, entry, .. } = access::open(app, caller, patient, entry, right).await?;
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
    let entry = caller.did(Act::WithdrawConsent, ResourceType::Consent);
    let (entry, right) = (entry.resource(id), (Resource::Consent, Action::Update));
    let Opened { mut tx, entry, .. } = access::open(app, caller, patient, entry, right).await?;
    if store::find(tx.conn(), patient, id).await?.is_none() {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    }
    store::withdraw(tx.conn(), id, caller.now(), caller.account).await?;
    let consent = store::find(tx.conn(), patient, id).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    consent.ok_or(Refusal::NotFound)
}
