//! What a guest without an account can do with the secret of their link.
//!
//! A secret that is wrong, of a past visit or taken back is answered alike, after the same
//! look-up, and put on record.

pub(crate) mod routes;

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Events, Exempt, Tx, scope};
use bus::event::InvitationChange;
use domain::ErrorCode;

use crate::app::App;
use crate::caller::Moment;
use crate::clinic;
use crate::invitation::access;
use crate::invitation::dto::{GuestPeople, InvitedVisit};
use crate::invitation::model::{self, Invitation, Stage};
use crate::invitation::{ops, people, store};
use crate::refusal::Refusal;
use crate::session::secret::Secret;
use crate::visit;
use crate::visit::dto::JoinAnswer;
use crate::visit::model::VisitRecord;

/// A guest whose secret counts, and the visit they are invited to, in an open transaction.
struct Guest {
    tx: Tx,
    visit: VisitRecord,
    invitation: Invitation,
    entry: AuditEntry,
}

fn entry(moment: &Moment, action: Action) -> AuditEntry {
    let resource = ResourceType::Invitation;
    AuditEntry::new(Actor::Anonymous, action, resource, Purpose::Treatment).request(moment.request)
}

/// Who holds `secret`. With `lock` the visit's row is held until the transaction ends.
async fn holder(
    app: &App,
    moment: &Moment,
    secret: &str,
    action: Action,
    lock: bool,
) -> Result<Guest, Refusal> {
    let mut entry = entry(moment, action);
    // Nobody is signed in: the secret alone says whose visit is served.
    let mut tx = scope::as_service(app.db.begin()).await?;
    // What has not the form of a secret costs a look-up all the same.
    let secret = match Secret::from_text(secret) {
        Some(secret) => secret,
        None => Secret::generate(&*app.entropy).map_err(Refusal::internal)?,
    };
    if let Some(found) = store::by_secret(tx.conn(), &secret).await? {
        let (sealer, now) = (&app.seals.clinical, moment.now);
        let visit = if lock {
            visit::store::lock(tx.conn(), sealer, found.visit, now).await?
        } else {
            visit::store::find(tx.conn(), sealer, found.visit, now).await?
        };
        // Read again: it may have been taken back while the visit was waited for.
        let invitation = store::by_secret(tx.conn(), &secret).await?;
        if let (Some(visit), Some(invitation)) = (visit, invitation) {
            entry = access::entered(entry, &visit, &invitation);
            if model::counts(&visit, &invitation, now) {
                return Ok(Guest {
                    tx,
                    visit,
                    invitation,
                    entry,
                });
            }
        }
    }
    if !app.guesses.take(moment.now) {
        return Err(Refusal::TooOften);
    }
    tx.deny(access::denied(entry, ErrorCode::NotFound)).await?;
    Err(Refusal::NotFound)
}

impl Guest {
    async fn refuse(self, refusal: Refusal) -> Refusal {
        crate::access::deny(self.tx, self.entry, refusal).await
    }

    async fn shown(
        self,
        moment: &Moment,
        audit: Audit,
        events: Events,
    ) -> Result<InvitedVisit, Refusal> {
        let mut tx = self.tx;
        let clinic = clinic::store::find(tx.conn(), self.visit.clinic).await?;
        let clinic = clinic.map(|clinic| clinic.name).unwrap_or_default();
        tx.commit(audit, events).await?;
        Ok(ops::invited(
            self.visit,
            self.invitation,
            clinic,
            moment.now,
        ))
    }
}

/// The visit as its guest may know of it. Opening the link is put on record once; a page that
/// waits asks again and again and reads nothing of the patient.
pub(crate) async fn look(
    app: &App,
    moment: &Moment,
    secret: &str,
) -> Result<InvitedVisit, Refusal> {
    let mut guest = holder(app, moment, secret, Action::Read, false).await?;
    let audit = if guest.invitation.opened_at.is_none() {
        store::open(guest.tx.conn(), guest.invitation.id, moment.now).await?;
        Audit::of(guest.entry.clone())
    } else {
        Audit::exempt(Exempt::NoHealthData("how far a guest has come"))
    };
    guest.shown(moment, audit, Events::none()).await
}

/// Asks to be let in. Asked again it stays as it was.
pub(crate) async fn knock(
    app: &App,
    moment: &Moment,
    secret: &str,
) -> Result<InvitedVisit, Refusal> {
    let mut guest = holder(app, moment, secret, Action::Knock, true).await?;
    if let Err(refusal) = model::knock(&guest.visit, &guest.invitation, moment.now) {
        return Err(guest.refuse(refusal).await);
    }
    if guest.invitation.stage() != Stage::Invited {
        let audit = Audit::exempt(Exempt::NoHealthData("a knock that was heard before"));
        return guest.shown(moment, audit, Events::none()).await;
    }
    store::knock(guest.tx.conn(), guest.invitation.id, moment.now).await?;
    guest.invitation.knocked_at = Some(moment.now);
    let change = InvitationChange::Knocked;
    let event = access::event(&guest.visit, &guest.invitation, change, moment.now);
    let audit = Audit::of(guest.entry.clone());
    guest.shown(moment, audit, Events::of([event])).await
}

/// A media token for a guest who was let in.
pub(crate) async fn join(
    app: &App,
    moment: &Moment,
    secret: &str,
    url: String,
) -> Result<JoinAnswer, Refusal> {
    let guest = holder(app, moment, secret, Action::Join, true).await?;
    if let Err(refusal) = model::enter(&guest.visit, &guest.invitation, moment.now) {
        return Err(guest.refuse(refusal).await);
    }
    let answer = answer(app, &guest.visit, &guest.invitation, moment, url)?;
    guest
        .tx
        .commit(Audit::of(guest.entry), Events::none())
        .await?;
    Ok(answer)
}

/// Where the invited connect, and with what.
pub(crate) fn answer(
    app: &App,
    visit: &VisitRecord,
    invitation: &Invitation,
    moment: &Moment,
    url: String,
) -> Result<JoinAnswer, Refusal> {
    let expires_at = visit::join::expiry(moment.now)?.min(visit.window().closes_at);
    Ok(JoinAnswer {
        url,
        token: access::mint(app, invitation, moment.now, expires_at)?,
        room: visit.id,
        identity: invitation.identity(),
        expires_at,
    })
}

/// Who is who, for a guest who was let in.
pub(crate) async fn people(
    app: &App,
    moment: &Moment,
    secret: &str,
) -> Result<GuestPeople, Refusal> {
    let mut guest = holder(app, moment, secret, Action::Read, false).await?;
    if let Err(refusal) = model::stay(&guest.visit, &guest.invitation) {
        return Err(guest.refuse(refusal).await);
    }
    let items = people::named(guest.tx.conn(), &guest.visit).await?;
    guest
        .tx
        .commit(Audit::of(guest.entry), Events::none())
        .await?;
    Ok(GuestPeople { items })
}
