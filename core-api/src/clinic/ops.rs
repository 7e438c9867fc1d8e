//! What can be done with clinics.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt, Tx};
use domain::ClinicId;
use domain::permission::{Action, Circle, Resource, Rights};

use crate::access::{deny, judge};
use crate::app::App;
use crate::caller::Caller;
use crate::clinic::dto::{AccessPolicy, Clinic};
use crate::clinic::store;
use crate::refusal::Refusal;

/// The caller's clinic; any other is as good as none.
pub(crate) async fn read(app: &App, caller: &Caller, id: ClinicId) -> Result<Clinic, Refusal> {
    if id != caller.clinic {
        let entry = caller.did(Act::Read, ResourceType::Clinic).resource(id);
        return Err(deny(app.db.begin().await?, entry, Refusal::NotFound).await);
    }
    let mut reader = app
        .db
        .reader(Exempt::NoHealthData("a clinic's name and zone"))
        .await?;
    store::find(reader.conn(), id)
        .await?
        .ok_or(Refusal::NotFound)
}

/// What a clinic decides about access.
pub(crate) async fn read_policy(
    app: &App,
    caller: &Caller,
    id: ClinicId,
) -> Result<AccessPolicy, Refusal> {
    let entry = caller.did(Act::Read, ResourceType::Clinic).resource(id);
    let (tx, policy) = settings(app, caller, id, &entry, Action::Read).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(policy)
}

/// Decides about access anew; requests from now on go by it.
pub(crate) async fn set_policy(
    app: &App,
    caller: &Caller,
    id: ClinicId,
    policy: AccessPolicy,
) -> Result<AccessPolicy, Refusal> {
    let entry = caller.did(Act::Update, ResourceType::Clinic).resource(id);
    let (mut tx, before) = settings(app, caller, id, &entry, Action::Update).await?;
    for (field, days, most) in [
        ("care_days_before", policy.care_days_before, 365),
        ("care_days_after", policy.care_days_after, 365),
        ("proxy_cutoff_age", policy.proxy_cutoff_age, 18),
    ] {
        if !(0..=most).contains(&days) {
            let problem = "This is out of bounds.";
            return Err(deny(tx, entry, Refusal::Field { field, problem }).await);
        }
    }
    store::set_policy(tx.conn(), id, &policy).await?;
    let entry = entry
        .detail("care_days_before", i64::from(before.care_days_before))
        .detail("care_days_after", i64::from(before.care_days_after))
        .detail("proxy_cutoff_age", i64::from(before.proxy_cutoff_age));
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(policy)
}

/// A transaction on the settings of a clinic, for somebody who may.
async fn settings(
    app: &App,
    caller: &Caller,
    id: ClinicId,
    entry: &AuditEntry,
    action: Action,
) -> Result<(Tx, AccessPolicy), Refusal> {
    let mut tx = app.db.begin().await?;
    let Some((organisation, policy)) = store::policy(tx.conn(), id).await? else {
        return Err(deny(tx, entry.clone(), Refusal::NotFound).await);
    };
    let circle = Circle {
        clinic: id == caller.clinic,
        organisation: organisation == caller.organisation,
        ..Circle::default()
    };
    let decision = Rights::of(&caller.roles, &circle).decide(Resource::Settings, action);
    match judge(decision) {
        Ok(()) => Ok((tx, policy)),
        Err(refusal) => Err(deny(tx, entry.clone(), refusal).await),
    }
}
