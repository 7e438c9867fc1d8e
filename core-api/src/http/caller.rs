//! Extractors that say who asks.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::app::App;
use crate::caller::{Caller, Moment};
use crate::http::origin::{self, Site};
use crate::http::problem::Problem;
use crate::http::{address, cookie};
use crate::refusal::Refusal;
use crate::session::ops::{self, Credential, Presence};
use crate::session::secret::Secret;
use crate::throttle::Bucket;

/// Set to `1` by pages on requests that nobody asked for: timers, refreshes, retries.
const BACKGROUND: &str = "bedside-background";

/// Somebody who need not be signed in.
pub(crate) struct Visitor {
    pub(crate) moment: Moment,
    pub(crate) user_agent: Option<String>,
    /// What the device cookie says.
    pub(crate) device: Option<Secret>,
    /// Where the request came from, as far as it can be told.
    pub(crate) address: Option<IpAddr>,
}

/// Somebody signed in, even if only to enrol a second factor.
pub(crate) struct Enrolling(pub(crate) Caller);

/// Somebody signed in who shows the session's cookie, not a token made from it. Never counts as
/// activity.
pub(crate) struct ByCookie(pub(crate) Caller);

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        // Signing somebody in from another site would let that site watch what they do next.
        let site = origin::site(&parts.headers, app.config.public_url.as_deref());
        if site == Site::Other {
            return Err(Refusal::CrossSite.into());
        }
        let user_agent = parts.headers.get(header::USER_AGENT);
        Ok(Self {
            moment: moment(parts)?,
            user_agent: user_agent.and_then(|value| Some(value.to_str().ok()?.to_owned())),
            device: cookie::device(&parts.headers).and_then(Secret::from_text),
            address: address::of(parts),
        })
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = signed_in(parts, app, presence(&parts.headers)).await?;
        Ok(enrolled(caller)?)
    }
}

impl FromRequestParts<Arc<App>> for Enrolling {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Ok(Self(signed_in(parts, app, presence(&parts.headers)).await?))
    }
}

impl FromRequestParts<Arc<App>> for ByCookie {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if bearer(&parts.headers).is_some() {
            // A token that led to the next one would outlive its minutes.
            return Err(Refusal::Unauthenticated.into());
        }
        // What is asked for by cookie alone is a token, which pages renew by themselves.
        let caller = signed_in(parts, app, Presence::Background).await?;
        Ok(Self(enrolled(caller)?))
    }
}

/// The caller, unless their session serves only to enrol.
fn enrolled(caller: Caller) -> Result<Caller, Refusal> {
    match caller.enrolling() {
        false => Ok(caller),
        true => Err(Refusal::EnrolmentRequired),
    }
}

/// Whether somebody is behind the request, as the page that sends it says. Saying nothing counts
/// as somebody: the header can only make a session shorter.
fn presence(headers: &HeaderMap) -> Presence {
    match headers.get(BACKGROUND) {
        Some(value) if value == "1" => Presence::Background,
        _ => Presence::Active,
    }
}

/// Who shows a credential that counts, within the rates of their account and clinic.
async fn signed_in(parts: &Parts, app: &Arc<App>, presence: Presence) -> Result<Caller, Refusal> {
    let moment = moment(parts)?;
    let credential = match bearer(&parts.headers) {
        Some(token) => {
            let bearer = auth::session::verify(&app.session_key, token, moment.now)
                .map_err(|_| Refusal::Unauthenticated)?;
            Credential::Token(bearer.session)
        }
        None => {
            let secret = cookie::session(&parts.headers).and_then(Secret::from_text);
            let secret = secret.ok_or(Refusal::Unauthenticated)?;
            // The browser sends the cookie by itself; only a page of ours may make use of it.
            let site = origin::site(&parts.headers, app.config.public_url.as_deref());
            if !parts.method.is_safe() && site != Site::Own {
                return Err(Refusal::CrossSite);
            }
            Credential::Secret(secret)
        }
    };
    let caller = ops::recognise(app, moment, credential, presence).await?;
    let limits = &app.config.limits;
    let buckets = [
        (Bucket::Account(caller.account), limits.account),
        (Bucket::Clinic(caller.clinic), limits.clinic),
    ];
    let taken = app.limiter.take(&buckets, moment.now).await;
    taken.map_err(Refusal::RateLimited)?;
    // From here on the request's transactions see what the caller may see.
    caller.row_scope().enter();
    Ok(caller)
}

/// The request's id and instant, put there by the outermost layer.
fn moment(parts: &Parts) -> Result<Moment, Refusal> {
    let moment = parts.extensions.get::<Moment>().copied();
    moment.ok_or_else(|| Refusal::internal(std::io::Error::other("a request without a moment")))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
