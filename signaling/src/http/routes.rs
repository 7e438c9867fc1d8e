//! `/rtc`, `/rtc/v1` and their `/validate`.

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query as QueryOf, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::access::Query;
use super::refusal::Refused;
use super::{Gateway, join_request, socket};
use crate::room::Join;

/// The routes, with their state.
pub(crate) fn router(gateway: Gateway) -> Router {
    Router::new()
        .route("/rtc", get(dual))
        .route("/rtc/v1", get(single))
        .route("/rtc/validate", get(validate_dual).options(preflight))
        .route("/rtc/v1/validate", get(validate_single).options(preflight))
        .layer(axum::middleware::map_response(allow_any_origin))
        .with_state(gateway)
}

type Params = QueryOf<Query>;

async fn dual(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    QueryOf(query): Params,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refused> {
    let join = gateway.dual(&headers, &query).await?;
    socket::accept(gateway, upgrade, join)
}

async fn single(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    QueryOf(query): Params,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refused> {
    let join = gateway.single(&headers, &query).await?;
    socket::accept(gateway, upgrade, join)
}

/// A page cannot see the status of a failed upgrade, so the client asks here: the answer is the
/// one the upgrade would give.
async fn validate_dual(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    QueryOf(query): Params,
) -> Result<&'static str, Refused> {
    gateway.dual(&headers, &query).await?;
    Ok("success")
}

/// See [`validate_dual`].
async fn validate_single(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    QueryOf(query): Params,
) -> Result<&'static str, Refused> {
    gateway.single(&headers, &query).await?;
    Ok("success")
}

impl Gateway {
    async fn dual(&self, headers: &HeaderMap, query: &Query) -> Result<Join, Refused> {
        let access = self.authorize(headers, query);
        let join = access.map(|access| join_request::dual(access, query));
        self.admit(join).await
    }

    async fn single(&self, headers: &HeaderMap, query: &Query) -> Result<Join, Refused> {
        let access = self.authorize(headers, query);
        let join = access.and_then(|access| join_request::single(access, query));
        self.admit(join).await
    }

    /// The token decides; a room known to be closed still refuses.
    async fn admit(&self, join: Result<Join, Refused>) -> Result<Join, Refused> {
        let admitted = match join {
            Ok(join) => match self.node.check(join.grant.clone()).await {
                Ok(()) => Ok(Join {
                    ice_servers: self.relay.servers(&join),
                    ..join
                }),
                Err(refusal) => Err(refusal.into()),
            },
            Err(refused) => Err(refused),
        };
        if admitted.is_err() {
            self.metrics.refused.inc();
        }
        admitted
    }
}

async fn preflight() -> impl IntoResponse {
    let allow = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, allow)
}

/// No cookie opens these routes, the token does: pages of other origins may use them.
async fn allow_any_origin(mut response: Response) -> Response {
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}
