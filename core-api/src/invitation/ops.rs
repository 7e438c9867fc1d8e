//! Inviting to a visit, letting in, and taking back. Each is one transaction with its audit row
//! and its event.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt, Tx};
use bus::event::InvitationChange;
use bus::moderation::RoomCommand;
use domain::{AccountId, InvitationId, Pii, VisitId};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::clinic;
use crate::invitation::access::{self, Standing};
use crate::invitation::dto::{
    Colleague, ColleagueList, InvitationMade, InvitationRequest, InvitedVisit, InvitedVisitList,
    VisitPeople,
};
use crate::invitation::model::{self, Invitation, MOST, NAME};
use crate::invitation::people;
use crate::invitation::store::{self, NewInvitation, Whom};
use crate::moderation;
use crate::refusal::Refusal;
use crate::session::secret::Secret;
use crate::text;
use crate::visit;
use crate::visit::model::{VisitRecord, Window};
use crate::visit::rules::Relation;

/// Colleagues shown to choose from at most.
const COLLEAGUES: i64 = 500;
/// Invitations of one person shown at most.
const INVITATIONS: i64 = 50;

/// A locked visit to which the caller may invite.
struct Host {
    tx: Tx,
    visit: VisitRecord,
    relation: Relation,
    entry: AuditEntry,
}

async fn host(app: &App, caller: &Caller, id: VisitId, action: Action) -> Result<Host, Refusal> {
    let entry = access::act(caller, action).detail("visit", id.as_uuid());
    let mut tx = app.db.begin().await?;
    let found = visit::store::lock(tx.conn(), &app.seals.clinical, id, caller.now()).await?;
    let (visit, relation) = match access::own(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = entry.patient(visit.patient.id);
    if let Err(refusal) = access::invite(&visit, relation, caller.now()) {
        return Err(deny(tx, entry, refusal).await);
    }
    Ok(Host {
        tx,
        visit,
        relation,
        entry,
    })
}

/// Whom a request means.
enum Meant {
    Colleague(AccountId),
    Guest(Secret, Pii<String>),
}

fn meant(app: &App, body: &InvitationRequest) -> Result<Meant, Refusal> {
    match (body.account_id, &body.display_name) {
        (Some(account), None) => Ok(Meant::Colleague(account)),
        (None, Some(name)) => {
            let name = text::line("display_name", name, NAME)?;
            let secret = Secret::generate(&*app.entropy).map_err(Refusal::internal)?;
            Ok(Meant::Guest(secret, Pii::new(name)))
        }
        _ => Err(Refusal::Field {
            field: "account_id",
            problem: "Give either a colleague's account or a guest's name.",
        }),
    }
}

/// Invites a third party to the visit `id`.
pub(crate) async fn invite(
    app: &App,
    caller: &Caller,
    id: VisitId,
    body: InvitationRequest,
) -> Result<InvitationMade, Refusal> {
    let meant = meant(app, &body)?;
    let mut host = host(app, caller, id, Action::Create).await?;
    let standing = store::standing(host.tx.conn(), &[id]).await?;
    if let Err(refusal) = welcome(&mut host, &standing, &meant).await? {
        return Err(deny(host.tx, host.entry, refusal).await);
    }
    let new = NewInvitation {
        id: app.id()?,
        visit: id,
        whom: match &meant {
            Meant::Colleague(account) => Whom::Colleague(*account),
            Meant::Guest(secret, name) => Whom::Guest(secret, name),
        },
        part: body.part,
        by: caller.account,
        now: caller.now(),
    };
    if !store::insert(host.tx.conn(), &new).await? {
        return Err(deny(host.tx, host.entry, Refusal::AlreadyInvited).await);
    }
    let made = store::find(host.tx.conn(), id, new.id).await?;
    let made = made.ok_or(Refusal::NotFound)?;
    let expires_at = host.visit.window().closes_at;
    commit(host, caller, &made, InvitationChange::Made).await?;
    Ok(InvitationMade {
        invitation_id: made.id,
        secret: match meant {
            Meant::Guest(secret, _) => Some(secret.text()),
            Meant::Colleague(_) => None,
        },
        expires_at,
    })
}

/// Whether there is room for whom is meant, who is no party and works for the clinic.
async fn welcome(
    host: &mut Host,
    standing: &[Invitation],
    meant: &Meant,
) -> Result<Result<(), Refusal>, Refusal> {
    if standing.len() >= MOST {
        return Ok(Err(Refusal::TooManyInvited));
    }
    let Meant::Colleague(account) = *meant else {
        return Ok(Ok(()));
    };
    if Relation::in_room(account, &host.visit).is_party() {
        return Ok(Err(Refusal::AlreadyInvited));
    }
    let clinic = host.visit.clinic;
    if !store::is_colleague(host.tx.conn(), clinic, account).await? {
        return Ok(Err(Refusal::Field {
            field: "account_id",
            problem: "Nobody of this clinic has this account.",
        }));
    }
    Ok(Ok(()))
}

/// Commits with the event of `change`; the people as they stand then.
async fn commit(
    mut host: Host,
    caller: &Caller,
    invitation: &Invitation,
    change: InvitationChange,
) -> Result<VisitPeople, Refusal> {
    let event = access::event(&host.visit, invitation, change, caller.now());
    let entry = access::entered(host.entry, &host.visit, invitation);
    let standing = Standing::Own(host.visit, host.relation);
    let people = people::everybody(host.tx.conn(), caller, &standing).await?;
    host.tx
        .commit(Audit::of(entry), Events::of([event]))
        .await?;
    Ok(people)
}

/// The standing invitation `invitation` of the hosted visit.
async fn meant_by(host: Host, invitation: InvitationId) -> Result<(Host, Invitation), Refusal> {
    let mut host = host;
    match store::find(host.tx.conn(), host.visit.id, invitation).await? {
        Some(found) => Ok((host, found)),
        None => Err(deny(host.tx, host.entry, Refusal::NotFound).await),
    }
}

/// Lets the invited in, for the first time or again.
pub(crate) async fn let_in(
    app: &App,
    caller: &Caller,
    id: VisitId,
    invitation: InvitationId,
) -> Result<VisitPeople, Refusal> {
    let host = host(app, caller, id, Action::Admit).await?;
    let (mut host, found) = meant_by(host, invitation).await?;
    store::let_in(host.tx.conn(), found.id, caller.account, caller.now()).await?;
    commit(host, caller, &found, InvitationChange::LetIn).await
}

/// Takes the invitation back. Who came by it is out at once, and its link opens nothing more.
pub(crate) async fn revoke(
    app: &App,
    caller: &Caller,
    id: VisitId,
    invitation: InvitationId,
) -> Result<VisitPeople, Refusal> {
    let host = host(app, caller, id, Action::Revoke).await?;
    let (mut host, found) = meant_by(host, invitation).await?;
    store::revoke(host.tx.conn(), found.id, caller.account, caller.now()).await?;
    let people = commit(host, caller, &found, InvitationChange::Revoked).await?;
    let account = found.identity();
    moderation::ops::tell(app, &RoomCommand::Remove { visit: id, account }).await;
    Ok(people)
}

/// Whom the caller could invite to the visit `id`.
pub(crate) async fn colleagues(
    app: &App,
    caller: &Caller,
    id: VisitId,
) -> Result<ColleagueList, Refusal> {
    let mut tx = app.db.begin().await?;
    let entry = caller.did(Action::Read, ResourceType::Invitation);
    let found = visit::store::find(tx.conn(), &app.seals.clinical, id, caller.now()).await?;
    let (visit, relation) = match access::own(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    if let Err(refusal) = access::invite(&visit, relation, caller.now()) {
        return Err(deny(tx, entry.patient(visit.patient.id), refusal).await);
    }
    let staff = store::colleagues(tx.conn(), visit.clinic, COLLEAGUES).await?;
    let audit = Audit::exempt(Exempt::NoHealthData("names of the clinic's people"));
    tx.commit(audit, Events::none()).await?;
    let others = staff
        .into_iter()
        .filter(|staff| !Relation::in_room(staff.account, &visit).is_party());
    let items = others.map(|staff| Colleague {
        account_id: staff.account,
        display_name: staff.display_name.into_inner(),
        specialty: staff.specialty,
    });
    Ok(ColleagueList {
        items: items.collect(),
    })
}

/// The visits that the caller is invited to.
pub(crate) async fn mine(app: &App, caller: &Caller) -> Result<InvitedVisitList, Refusal> {
    let reason = Exempt::NoHealthData("whose visits the caller is invited to, without the patient");
    let mut tx = app.db.begin().await?;
    let oldest = Window::oldest_end(caller.now());
    let visits = store::visits_of(tx.conn(), caller.account, oldest, INVITATIONS).await?;
    let mut items = Vec::with_capacity(visits.len());
    for id in visits {
        let sealer = &app.seals.clinical;
        let visit = visit::store::find(tx.conn(), sealer, id, caller.now()).await?;
        let held = store::of_identity(tx.conn(), id, caller.account).await?;
        let (Some(visit), Some(held)) = (visit, held) else {
            continue;
        };
        if !model::counts(&visit, &held, caller.now()) {
            continue;
        }
        let clinic = clinic::store::find(tx.conn(), visit.clinic).await?;
        let clinic = clinic.map(|clinic| clinic.name).unwrap_or_default();
        items.push(invited(visit, held, clinic, caller.now()));
    }
    tx.commit(Audit::exempt(reason), Events::none()).await?;
    Ok(InvitedVisitList { items })
}

/// A visit as somebody invited may know of it before being inside.
pub(crate) fn invited(
    visit: VisitRecord,
    invitation: Invitation,
    clinic_name: String,
    now: jiff::Timestamp,
) -> InvitedVisit {
    let window = visit.window();
    InvitedVisit {
        may_join: model::enter(&visit, &invitation, now).is_ok(),
        visit_id: visit.id,
        invitation_id: invitation.id,
        stage: invitation.stage(),
        display_name: invitation.display_name.into_inner(),
        part: invitation.part,
        clinic_name,
        clinician_name: visit.clinician.display_name.into_inner(),
        state: visit.state,
        starts_at: visit.starts_at,
        window_opens_at: window.opens_at,
        window_closes_at: window.closes_at,
    }
}
