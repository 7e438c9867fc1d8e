//! The door to the media room.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events};
use auth::media::Grant;
use domain::{AccountId, Role, VisitId};
use jiff::{SignedDuration, Timestamp};

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::invitation::access::{self, Standing};
use crate::invitation::{self, guest};
use crate::refusal::Refusal;
use crate::session;
use crate::visit::dto::JoinAnswer;
use crate::visit::rules::Relation;
use crate::visit::{rules, store};

/// How long a media token is good for at most. Signaling asks for the next one in time.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// A media token for a party of the visit, and where to use it.
pub(crate) async fn join(
    app: &App,
    caller: &Caller,
    id: VisitId,
    url: String,
) -> Result<JoinAnswer, Refusal> {
    let now = caller.now();
    let entry = caller.did(Action::Join, ResourceType::Visit).resource(id);
    let mut tx = app.db.begin().await?;
    // Locked, so that no token is minted while the patient is being sent back.
    let found = store::lock(tx.conn(), &app.seals.clinical, id, now).await?;
    let (visit, relation) = match access::standing(tx.conn(), caller, found).await? {
        Ok(Standing::Own(visit, relation)) => (visit, relation),
        Ok(Standing::Invited(visit, invitation)) => {
            let entry = entry
                .patient(visit.patient.id)
                .detail("invitation", invitation.id.as_uuid());
            if let Err(refusal) = invitation::model::enter(&visit, &invitation, now) {
                return Err(deny(tx, entry, refusal).await);
            }
            let answer = guest::answer(app, &visit, &invitation, &caller.moment, url)?;
            tx.commit(Audit::of(entry), Events::none()).await?;
            return Ok(answer);
        }
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = entry.patient(visit.patient.id);
    if let Err(refusal) = rules::join(&visit, relation, now) {
        return Err(deny(tx, entry, refusal).await);
    }
    let expires_at = expiry(now)?.min(visit.window().closes_at);
    let token = mint(app, id, caller.account, relation, now, expires_at)?;
    session::store::enter(tx.conn(), caller.session, id).await?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(JoinAnswer {
        url,
        token,
        room: id,
        identity: caller.account,
        expires_at,
    })
}

/// When a token made at `now` ends at the latest.
pub(crate) fn expiry(now: Timestamp) -> Result<Timestamp, Refusal> {
    now.checked_add(TOKEN_LIFETIME).map_err(Refusal::internal)
}

/// A token for the room of `visit`, good from `from` until `until`. For a party alone: whoever
/// calls this has asked [`rules::join`] or [`rules::stay`] in the same transaction.
pub(crate) fn mint(
    app: &App,
    visit: VisitId,
    account: AccountId,
    relation: Relation,
    from: Timestamp,
    until: Timestamp,
) -> Result<String, Refusal> {
    let role = if relation.clinician {
        Role::Clinician
    } else {
        Role::Patient
    };
    let grant = Grant::party(visit, account, role);
    auth::media::mint(&app.media_key, &grant, from, until).map_err(Refusal::internal)
}
