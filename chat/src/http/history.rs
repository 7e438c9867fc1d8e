//! `GET /chat/conversations/{conversation}/events`: what was said before.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use domain::{ConversationId, ErrorCode, RequestId};
use protocol::Event;
use serde::{Deserialize, Serialize};

use super::problem;
use crate::App;
use crate::caller::Caller;
use crate::conversation::ops;
use crate::refusal::Refusal;

/// Events a page unless said otherwise, and at most.
const LIMIT: (u32, u32) = (50, 200);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Only events before this sequence; without it, the last ones.
    before: Option<u64>,
    /// 1 to 200.
    limit: Option<u32>,
}

/// Events in order, oldest first.
#[derive(Serialize)]
struct Page {
    items: Vec<Event>,
    /// The `before` of the page with earlier events; null when there are none.
    next_cursor: Option<u64>,
}

pub(super) async fn events(
    State(app): State<Arc<App>>,
    Path(conversation): Path<String>,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let request: RequestId = match app.ids.make() {
        Ok(request) => request,
        Err(error) => return problem::answer(&error.into(), None),
    };
    let page = async {
        let caller = caller(&app, &headers, request).await?;
        let Query(parameters) = parameters.map_err(|_| ErrorCode::InvalidRequest)?;
        // What is no identifier names no conversation.
        let conv = conversation.parse().map_err(|_| ErrorCode::NotAMember)?;
        read(&app, &caller, conv, &parameters).await
    };
    match page.await {
        Ok(page) => ([(header::CACHE_CONTROL, "no-store")], Json(page)).into_response(),
        Err(refusal) => problem::answer(&refusal, Some(request)),
    }
}

async fn read(
    app: &App,
    caller: &Caller,
    conv: ConversationId,
    parameters: &Parameters,
) -> Result<Page, Refusal> {
    let (usual, most) = LIMIT;
    let limit = parameters.limit.unwrap_or(usual);
    if !(1..=most).contains(&limit) {
        return Err(ErrorCode::InvalidRequest.into());
    }
    let before = parameters.before.unwrap_or(u64::MAX);
    let items = ops::history(app, caller, conv, before, limit).await?;
    // Sequences have no gaps, so the first one tells whether there are earlier ones.
    let next_cursor = items
        .first()
        .map(|event| event.seq)
        .filter(|first| *first > 1);
    Ok(Page { items, next_cursor })
}

/// The bearer; the session cookie means nothing here.
async fn caller(app: &App, headers: &HeaderMap, request: RequestId) -> Result<Caller, Refusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(ErrorCode::Unauthenticated)?;
    Caller::open(app, token, request).await
}
