//! Extractors that say who asks.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::app::App;
use crate::caller::{Caller, Moment};
use crate::http::cookie;
use crate::http::origin::{self, Site};
use crate::http::problem::Problem;
use crate::refusal::Refusal;
use crate::session::ops::{self, Credential};
use crate::session::secret::Secret;

/// Somebody who need not be signed in.
pub(crate) struct Visitor {
    pub(crate) moment: Moment,
    pub(crate) user_agent: Option<String>,
}

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
        })
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let moment = moment(parts)?;
        let credential = match bearer(&parts.headers) {
            Some(token) => {
                let bearer = auth::session::verify(&app.session_key, token, moment.now)
                    .map_err(|_| Refusal::Unauthenticated)?;
                Credential::Token(bearer.session)
            }
            None => {
                let secret = cookie::read(&parts.headers).and_then(Secret::from_text);
                let secret = secret.ok_or(Refusal::Unauthenticated)?;
                // The browser sends the cookie by itself; only a page of ours may make use of it.
                let site = origin::site(&parts.headers, app.config.public_url.as_deref());
                if !parts.method.is_safe() && site != Site::Own {
                    return Err(Refusal::CrossSite.into());
                }
                Credential::Secret(secret)
            }
        };
        let caller = ops::recognise(app, moment, credential).await?;
        // From here on the request's transactions see what the caller may see.
        caller.row_scope().enter();
        Ok(caller)
    }
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
