//! Breaking the glass, and being told of it.

use ::store::audit::{Action as Act, Purpose, ResourceType};
use ::store::{Audit, Events, Tx};
use domain::permission::{Action, Circle, Resource, Rights};
use domain::{PatientId, Role};
use jiff::Timestamp;
use uuid::Uuid;

use crate::access::{self, deny, judge};
use crate::app::App;
use crate::break_glass::dto::{EmergencyAccess, EmergencyNoticeList};
use crate::break_glass::model::{self, LIFETIME, NewAccess};
use crate::break_glass::store::{self, NewNotice, Receiver};
use crate::caller::Caller;
use crate::page::{Page, PageQuery};
use crate::refusal::Refusal;

/// What the patient and compliance are told.
const TOLD: &str = "emergency_access";

/// Opens an emergency access to a patient of the caller's organisation, for an hour from now.
pub(crate) async fn open(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    reason: &str,
) -> Result<EmergencyAccess, Refusal> {
    let mut tx = app.db.begin().await?;
    let id = app.id()?;
    let entry = caller
        .did(Act::BreakGlass, ResourceType::EmergencyAccess)
        .purpose(Purpose::Emergency)
        .resource(id)
        .patient(patient);
    let decision = rights(app, &mut tx, caller, patient)
        .await?
        .decide(Resource::EmergencyAccess, Action::Create);
    if let Err(refusal) = judge(decision) {
        return Err(deny(tx, entry, refusal).await);
    }
    let reason = match model::reason(reason) {
        Ok(reason) => reason,
        Err(refusal) => return Err(deny(tx, entry, refusal).await),
    };
    let ends_at = caller.now().checked_add(LIFETIME);
    let new = NewAccess {
        id,
        patient,
        organisation: caller.organisation,
        account: caller.account,
        reason,
        started_at: caller.now(),
        ends_at: ends_at.map_err(Refusal::internal)?,
    };
    let sealer = &app.seals.clinical;
    store::insert(tx.conn(), sealer, &new).await?;
    tell(app, &mut tx, &new).await?;
    let made = store::find(tx.conn(), sealer, caller.organisation, id).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    made.ok_or(Refusal::NotFound)
}

/// What the caller may do to a patient whom they may not be able to see.
async fn rights(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    patient: PatientId,
) -> Result<Rights, Refusal> {
    let sealer = &app.seals.demographics;
    if let Some(reach) = access::store::reach(tx.conn(), sealer, patient).await? {
        return Ok(reach.rights(caller));
    }
    let organisation = access::store::organisation_of_patient(tx.conn(), patient).await?;
    let circle = Circle {
        organisation: organisation == Some(caller.organisation),
        ..Circle::default()
    };
    Ok(Rights::of(&caller.roles, &circle))
}

/// Tells the patient, if they can sign in, and compliance.
async fn tell(app: &App, tx: &mut Tx, new: &NewAccess) -> Result<(), Refusal> {
    let account = store::account_of(tx.conn(), new.patient).await?;
    let compliance = Receiver::Role(Role::Compliance);
    for receiver in account
        .map(Receiver::Account)
        .into_iter()
        .chain([compliance])
    {
        let notice = NewNotice {
            id: app.id()?,
            organisation: new.organisation,
            receiver,
            kind: TOLD,
            access: new.id,
            patient: new.patient,
        };
        store::tell(tx.conn(), &notice, new.started_at).await?;
    }
    Ok(())
}

/// A page of what the caller has to be told.
pub(crate) async fn notices(
    app: &App,
    caller: &Caller,
    query: &PageQuery,
) -> Result<EmergencyNoticeList, Refusal> {
    let page: Page<(Timestamp, Uuid)> = Page::parse(query.cursor.as_deref(), query.limit)?;
    let mut tx = app.db.begin().await?;
    let to = (caller.account, caller.organisation, &caller.roles);
    let mut items = store::notices(tx.conn(), to, page.after, page.fetch()).await?;
    let next_cursor = page.cut(&mut items, |item| (item.created_at, item.id));
    let shown: Vec<_> = items.iter().filter_map(|item| item.patient_id).collect();
    let entry = caller.did(Act::Search, ResourceType::EmergencyAccess);
    tx.commit(Audit::search(entry, shown), Events::none())
        .await?;
    Ok(EmergencyNoticeList { items, next_cursor })
}
