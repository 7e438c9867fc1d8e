//! Signing in with a link: it stands for the password of a patient, and for nothing more.

use crate::access::deny;
use crate::account;
use crate::account_link::dto::LinkSignIn;
use crate::account_link::model::Purpose;
use crate::account_link::store;
use crate::app::App;
use crate::factor::prove::Method;
use crate::http::caller::Visitor;
use crate::refusal::Refusal;
use crate::session::open::Opened;
use crate::session::secret::Secret;
use crate::session::sign_in::{Who, attempted, first_shown};
use crate::throttle::Guessed;

/// Opens a session for the patient who holds a link that counts, or asks for their second factor.
pub(super) async fn sign_in(
    app: &App,
    visitor: &Visitor,
    body: LinkSignIn,
) -> Result<Opened, Refusal> {
    let (moment, now) = (visitor.moment, visitor.moment.now);
    let mut tx = app.db.begin().await?;
    let guess = match app.failures.begin(visitor.address.map(Guessed::From), now) {
        Ok(guess) => guess,
        Err(wait) => {
            let refusal = Refusal::RateLimited(wait);
            return Err(deny(tx, attempted(&moment, None), refusal).await);
        }
    };
    let link = match Secret::from_text(&body.secret) {
        Some(secret) => store::take(tx.conn(), Purpose::SignIn, &secret, now).await?,
        None => None,
    };
    let who = match link {
        Some(link) => account::store::find(tx.conn(), link.account).await?,
        None => None,
    };
    let who = who.filter(|who| !who.disabled && Purpose::SignIn.is_for(&who.roles));
    let Some(who) = who else {
        drop(guess);
        return Err(deny(tx, attempted(&moment, None), Refusal::LinkSpent).await);
    };
    guess.right();
    let who = Who {
        account: who.id,
        clinic: who.clinic.id,
        roles: &who.roles,
    };
    first_shown(app, visitor, tx, &who, body.tokens, Method::Link).await
}
