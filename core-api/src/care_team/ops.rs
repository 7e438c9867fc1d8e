//! What can be done with care teams.

use ::store::audit::{Action as Act, ResourceType};
use ::store::{Audit, Events};
use domain::permission::{Action, Resource};
use domain::{CareTeamMemberId, PatientId};

use crate::access::{self, Opened, deny};
use crate::app::App;
use crate::caller::Caller;
use crate::care_team::dto::{CareTeam, CareTeamMember, NewCareTeamMember};
use crate::care_team::model::{NewMember, Period};
use crate::care_team::store;
use crate::refusal::Refusal;

/// Who cares, and cared, for a patient.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    patient: PatientId,
) -> Result<CareTeam, Refusal> {
    let entry = caller.did(Act::Read, ResourceType::CareTeam);
    let right = (Resource::CareTeam, Action::Read);
    let Opened { mut tx, entry, .. } = access::open(app, caller, patient, entry, right).await?;
    let items = store::list(tx.conn(), patient).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(CareTeam {
        items,
        next_cursor: None,
    })
}

/// Gives somebody of the organisation a place in a patient's care team.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    new: NewCareTeamMember,
) -> Result<CareTeamMember, Refusal> {
    let member = NewMember {
        id: app.id()?,
        patient,
        account: new.account_id,
        part: new.part,
        period: Period::asked(new.starts_at, new.ends_at, caller.now())?,
        added_at: caller.now(),
        added_by: caller.account,
    };
    let entry = caller.did(Act::Create, ResourceType::CareTeam);
    let entry = entry
        .resource(member.id)
        .detail("account", member.account.as_uuid());
    let right = (Resource::CareTeam, Action::Create);
    let opened = access::open(app, caller, patient, entry, right).await?;
    let (mut tx, entry) = (opened.tx, opened.entry);
    if !store::is_staff(tx.conn(), member.account, caller.organisation).await? {
        let refusal = Refusal::Field {
            field: "account_id",
            problem: "Nobody of that account works here.",
        };
        return Err(deny(tx, entry, refusal).await);
    }
    store::insert(tx.conn(), &member).await?;
    let made = store::find(tx.conn(), patient, member.id).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    made.ok_or(Refusal::NotFound)
}

/// Ends a place; from the next request on it makes no care relationship.
pub(crate) async fn end(
    app: &App,
    caller: &Caller,
    patient: PatientId,
    id: CareTeamMemberId,
) -> Result<CareTeamMember, Refusal> {
    let entry = caller.did(Act::Update, ResourceType::CareTeam).resource(id);
    let right = (Resource::CareTeam, Action::Update);
    let Opened { mut tx, entry, .. } = access::open(app, caller, patient, entry, right).await?;
    let Some(member) = store::find(tx.conn(), patient, id).await? else {
        return Err(deny(tx, entry, Refusal::NotFound).await);
    };
    store::end(tx.conn(), id, caller.now(), caller.account).await?;
    let ended = store::find(tx.conn(), patient, id).await?;
    let entry = entry.detail("account", member.account_id.as_uuid());
    tx.commit(Audit::of(entry), Events::none()).await?;
    ended.ok_or(Refusal::NotFound)
}
