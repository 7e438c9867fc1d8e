//! Who belongs to a visit, for those who may know.

use ::store::audit::Action;
use ::store::{Audit, Connection, Events, StoreError};
use domain::{AccountId, VisitId};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::invitation::access::{self, Standing};
use crate::invitation::dto::{
    NamedPerson, StandingInvitation, VisitPart, VisitPeople, VisitPerson,
};
use crate::invitation::store;
use crate::moderation;
use crate::refusal::Refusal;
use crate::visit;
use crate::visit::model::VisitRecord;

/// Everybody of the visit `id`, for one of them.
pub(crate) async fn read(app: &App, caller: &Caller, id: VisitId) -> Result<VisitPeople, Refusal> {
    let entry = access::act(caller, Action::Read).detail("visit", id.as_uuid());
    let mut tx = app.db.begin().await?;
    let found = visit::store::find(tx.conn(), &app.seals.clinical, id, caller.now()).await?;
    let standing = match access::standing(tx.conn(), caller, found).await? {
        Ok(standing) => standing,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = entry.patient(standing.visit().patient.id);
    if let Standing::Invited(_, invitation) = &standing
        && !invitation.admits()
    {
        return Err(deny(tx, entry, Refusal::NotLetIn).await);
    }
    let people = everybody(tx.conn(), caller, &standing).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(people)
}

/// The answer to whoever stands before the visit.
pub(crate) async fn everybody(
    conn: &mut Connection,
    caller: &Caller,
    standing: &Standing,
) -> Result<VisitPeople, StoreError> {
    let visit = standing.visit();
    let relation = match standing {
        Standing::Own(_, relation) => Some(*relation),
        Standing::Invited(..) => None,
    };
    Ok(VisitPeople {
        items: list(conn, visit).await?,
        locked_since: visit.door.locked_since,
        may_moderate: relation
            .is_some_and(|relation| moderation::model::moderate(visit, relation).is_ok()),
        may_invite: relation
            .is_some_and(|relation| access::invite(visit, relation, caller.now()).is_ok()),
    })
}

async fn list(conn: &mut Connection, visit: &VisitRecord) -> Result<Vec<VisitPerson>, StoreError> {
    let present = if visit.state.is_open() {
        store::present(conn, visit.id).await?
    } else {
        Vec::new()
    };
    let is_present =
        |identity: Option<AccountId>| identity.is_some_and(|identity| present.contains(&identity));
    let party = |identity, name: &domain::Pii<String>, part| VisitPerson {
        identity,
        display_name: name.reveal().clone(),
        part,
        invitation: None,
        present: is_present(identity),
    };
    let (patient, clinician) = (&visit.patient, &visit.clinician);
    let mut items = vec![
        party(
            Some(clinician.account),
            &clinician.display_name,
            VisitPart::Clinician,
        ),
        party(patient.account, &patient.display_name, VisitPart::Patient),
    ];
    for invitation in store::standing(conn, &[visit.id]).await? {
        let identity = Some(invitation.identity());
        items.push(VisitPerson {
            identity,
            part: invitation.part.into(),
            invitation: Some(StandingInvitation {
                id: invitation.id,
                stage: invitation.stage(),
                by_link: invitation.account.is_none(),
            }),
            present: is_present(identity),
            display_name: invitation.display_name.into_inner(),
        });
    }
    Ok(items)
}

/// Who is who in the media room.
pub(crate) async fn named(
    conn: &mut Connection,
    visit: &VisitRecord,
) -> Result<Vec<NamedPerson>, StoreError> {
    let everybody = list(conn, visit).await?.into_iter();
    let named = everybody.filter_map(|person| {
        Some(NamedPerson {
            identity: person.identity?,
            display_name: person.display_name,
            part: person.part,
        })
    });
    Ok(named.collect())
}
