//! The door to the media room.

use ::store::audit::{Action, ResourceType};
use ::store::{Audit, Events};
use auth::media::Grant;
use domain::{Role, VisitId};
use jiff::SignedDuration;

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::visit::dto::JoinAnswer;
use crate::visit::{ops, rules, store};

/// How long a media token is good for at most. Signaling refreshes it in band.
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
    let (visit, relation) = match ops::known(caller, found) {
        Ok(known) => known,
        Err(patient) => return Err(deny(tx, entry.patient(patient), Refusal::NotFound).await),
    };
    let entry = entry.patient(visit.patient.id);
    if let Err(refusal) = rules::join(&visit, relation, now) {
        return Err(deny(tx, entry, refusal).await);
    }
    let role = if relation.clinician {
        Role::Clinician
    } else {
        Role::Patient
    };
    let window = visit.window();
    let expires_at = now
        .checked_add(TOKEN_LIFETIME)
        .map_err(Refusal::internal)?
        .min(window.closes_at);
    let grant = Grant::party(id, caller.account, role);
    let token = auth::media::mint(&app.media_key, &grant, now.max(window.opens_at), expires_at)
        .map_err(Refusal::internal)?;
    tx.commit(Audit::of(entry), Events::none()).await?;
    Ok(JoinAnswer {
        url,
        token,
        room: id,
        identity: caller.account,
        expires_at,
    })
}
