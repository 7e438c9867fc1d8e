//! What can be done with grants to act for a patient.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, Events};
use domain::permission::{Action, Resource};
use domain::{PatientId, ProxyGrantId};

use crate::access::{self, Opened, deny};
use crate::app::App;
use crate::caller::Caller;
use crate::care_team::model::Period;
use crate::proxy::dto::{NewProxyGrant, ProxyGrant, ProxyGrantList, RepresentedPatientList};
use crate::proxy::model::NewGrant;
use crate::proxy::store;
use crate::refusal::Refusal;
use crate::text;

/// Who acts, and acted, for a patient.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<ProxyGrantList, Refusal> {
    let entry = caller.did(Act::Read, ResourceType::Proxy);
    let right = (Resource::Proxy, Action::Read);
    let Opened { mut tx, entry, .. } = access::open(app, caller, patient, entry, right).await?;
    let items = store::list(tx.conn(), patient).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(ProxyGrantList {
        items,
        next_cursor: None,
    })
}

/// Lets a family member act for the patient: by the patient's word, or by the desk on documents.
pub(crate) async fn grant(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    new: NewProxyGrant,
) -> Result<ProxyGrant, Refusal> {
    let id: ProxyGrantId = app.id()?;
    let entry = caller.did(Act::Create, ResourceType::Proxy).resource(id);
    let right = (Resource::Proxy, Action::Create);
    let opened = access::open(app, caller, patient, entry, right).await?;
    let (mut tx, entry) = (opened.tx, opened.entry);
    let own = opened.reach.standing.own;
    let documents = new.basis.documents(own, new.documents.as_deref())?;
    let email = text::email("email", &new.email)?;
    let period = Period::asked(new.starts_at, new.ends_at, caller.now())?;
    let found = store::family_member(tx.conn(), &email, opened.reach.organisation).await?;
    let Some(account) = found else {
        let refusal = Refusal::Field {
            field: "email",
            problem: "No family member has an account with this address.",
        };
        return Err(deny(tx, entry, refusal).await);
    };
    let grant = NewGrant {
        id,
        patient,
        account,
        level: new.level.into(),
        basis: new.basis,
        documents,
        period,
        granted_at: caller.now(),
        granted_by: caller.account,
    };
    store::insert(tx.conn(), &app.seals.clinical, &grant).await?;
    let made = store::find(tx.conn(), patient, id).await?;
    let entry = entry
        .detail("account", account.as_uuid())
        .detail("level", grant.level.name())
        .detail("basis", grant.basis.name());
    tx.commit(Audit::of(entry), Events::none()).await?;
    made.ok_or(Refusal::NotFound)
}

/// Takes a grant back; from the next request on it does not count.
pub(crate) async fn revoke(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    id: ProxyGrantId,
) -> Result<ProxyGrant, Refusal> {
    let entry = caller.did(Act::Revoke, ResourceType::Proxy).resource(id);
    let right = (Resource::Proxy, Action::Update);
    let Opened { mut tx, entry, .. } = access::open(app, caller, patient, entry, right).await?;
    let Some(grant) = store::find(tx.conn(), patient, id).await? else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    store::revoke(tx.conn(), id, caller.now(), caller.account).await?;
    let revoked = store::find(tx.conn(), patient, id).await?;
    let entry = entry.detail("account", grant.account_id.as_uuid());
    tx.commit(Audit::of(entry), Events::none()).await?;
    revoked.ok_or(Refusal::NotFound)
}

/// Whom the caller acts for now.
pub(crate) async fn represented(
    app: &App,
    caller: &Caller,
) -> Result<RepresentedPatientList, Refusal> {
    let entry = caller.did(Act::Search, ResourceType::Proxy);
    let right = (Resource::Proxy, Action::Search);
    let mut tx = access::begin(app, caller, &entry, right).await?;
    let items = store::represented(tx.conn(), &app.seals.demographics, caller.account).await?;
    let shown: Vec<_> = items.iter().map(|item| item.patient_id).collect();
    tx.commit(Audit::search(entry, shown), Events::none())
        .await?;
    Ok(RepresentedPatientList {
        items,
        next_cursor: None,
    })
}
