//! Signing in with a passkey alone: one that verifies its holder is both factors at once.

use ::store::audit::Outcome;
use ::store::{Audit, Events, Exempt};

use crate::access::deny;
use crate::account;
use crate::app::App;
use crate::factor::held::Held;
use crate::factor::model::Duty;
use crate::factor::prove::Method;
use crate::http::caller::Visitor;
use crate::passkey::ceremony::{self, Asked, Judged, Site};
use crate::passkey::dto::{PasskeySignIn, RequestOptions};
use crate::passkey::model::Purpose;
use crate::refusal::Refusal;
use crate::session::open::Opened;
use crate::session::sign_in::{Who, attempted, enter};
use crate::throttle::Guessed;

/// The key says whose it is, so nothing is asked before and nobody's keys are told.
const fn asked(site: &Site) -> Asked<'_> {
    Asked {
        purpose: Purpose::SignIn,
        account: None,
        verified: true,
        site,
    }
}

/// What a browser asks a passkey to sign with.
pub(crate) async fn options(
    app: &App,
    visitor: &Visitor,
    site: &Site,
) -> Result<RequestOptions, Refusal> {
    let mut tx = app.db.begin().await?;
    let now = visitor.moment.now;
    let options = ceremony::options(app, tx.conn(), &asked(site), &[], now).await?;
    let audit = Audit::exempt(Exempt::NoHealthData(
        "a challenge to sign in with a passkey",
    ));
    tx.commit(audit, Events::none()).await?;
    Ok(options)
}

/// Opens a session for whoever shows a passkey.
pub(crate) async fn sign_in(
    app: &App,
    visitor: &Visitor,
    site: &Site,
    body: PasskeySignIn,
) -> Result<Opened, Refusal> {
    let moment = visitor.moment;
    // A signature cannot be guessed; whoever tries all the same is slowed down by where from.
    let keys = visitor.address.map(Guessed::From);
    let guess = match app.failures.begin(keys, moment.now) {
        Ok(guess) => guess,
        Err(wait) => {
            let tx = app.db.begin().await?;
            let entry = attempted(&moment, None);
            return Err(deny(tx, entry, Refusal::RateLimited(wait)).await);
        }
    };
    let mut tx = app.db.begin().await?;
    let judged = ceremony::judge(app, tx.conn(), &asked(site), &body.credential, moment.now).await;
    let judged = match judged {
        Ok(judged) => judged,
        Err(error) => {
            guess.withdrawn();
            return Err(error);
        }
    };
    let (whose, reason, key) = match judged {
        Judged::Right(key) => (Some(key.account), "disabled", Some(key)),
        Judged::Wrong(whose, reason) => (whose, reason, None),
    };
    let who = match whose {
        Some(account) => account::store::find(tx.conn(), account).await?,
        None => None,
    };
    let tried = who.as_ref().map(|who| (who.id, who.clinic.id));
    let mut reason = reason;
    if let (Some(key), Some(who)) = (key, who.filter(|who| !who.disabled)) {
        let held = Held::of(tx.conn(), who.id).await?;
        if Duty::of(app.config.mfa, &who.roles).takes_passkey(&held, &key) {
            guess.right();
            let entering = Who {
                account: who.id,
                clinic: who.clinic.id,
                roles: &who.roles,
            };
            let method = Method::Passkey;
            return enter(app, visitor, tx, &entering, &held, body.tokens, method).await;
        }
        reason = "kind";
    }
    drop(guess);
    // Committed, not rolled back: the challenge is used up.
    let refusal = Refusal::InvalidCode;
    let entry = attempted(&moment, tried).outcome(Outcome::Denied);
    let entry = entry.code(refusal.code());
    let entry = entry
        .detail("step", Method::Passkey.name())
        .detail("reason", reason);
    tx.commit(Audit::of(entry), Events::none()).await?;
    Err(refusal)
}
