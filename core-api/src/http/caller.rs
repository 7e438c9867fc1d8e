//! Extractors that say who asks.
use std::sync::Arc;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use crate::app::App;
use crate::caller::{Caller, Moment};
use crate::http::problem::Problem;
use crate::refusal::Refusal;

/// Somebody who need not be signed in.
pub(crate) struct Visitor {
    pub(crate) moment: Moment,
    pub(crate) user_agent: Option<String>,
}
impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Problem;
    async fn from_request_parts(_: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> { Err(Refusal::Unavailable.into()) }
}
impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(_: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> { Err(Refusal::Unavailable.into()) }
}
