//! What surrounds every request: its id and instant, limits on its address's rate and on its time,
//! the writing of problem documents, headers, and the measuring of it all.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use ::store::scope;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::RequestId;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::app::App;
use crate::caller::Moment;
use crate::http::address;
use crate::http::problem::Problem;
use crate::refusal::Refusal;
use crate::throttle::Bucket;

/// How long a request may take before it is given up; its transaction is then rolled back.
const PATIENCE: Duration = Duration::from_secs(20);

/// What every answer carries. Nothing of the API may be cached, framed or guessed at.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// The outermost layer of the API.
pub(crate) async fn frame(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Ok(id) = app.id::<RequestId>() else {
        // Without randomness nothing can be answered for, not even by an id.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let method = request.method().clone();
    request.extensions_mut().insert(Moment {
        request: id,
        now: app.now(),
    });
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        http.request.method = %method,
        http.route = %route,
    );
    let started = Instant::now();
    let address = address::note(&mut request, &app.config.trusted_proxies);
    let limit = address.map(|address| (Bucket::Address(address), app.config.limits.address));
    let within = app.limiter.take(limit.as_slice(), app.now()).await;
    let response = match within {
        Err(wait) => Problem::from(Refusal::RateLimited(wait)).into_response(),
        Ok(()) => tokio::time::timeout(PATIENCE, scope::serving(next.run(request)))
            .instrument(span)
            .await
            .unwrap_or_else(|_| Problem::from(Refusal::Unavailable).into_response()),
    };
    let response = finish(response, id);
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    app.metrics
        .answered(method_name(&method), &route, status, elapsed);
    response
}

/// Writes the problem document of a refusal, and the headers of every answer.
fn finish(mut response: Response, id: RequestId) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allow = response.headers().get(header::ALLOW).cloned();
        response = Problem::from(Refusal::MethodNotAllowed).into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let mut rendered = problem.render(id);
        for (name, value) in response.headers() {
            if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                rendered.headers_mut().insert(name.clone(), value.clone());
            }
        }
        response = rendered;
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// The answer when a handler panics. The panic's text goes to the log by the panic hook only.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    let cause = std::io::Error::other("a request panicked");
    Problem::from(Refusal::internal(cause)).into_response()
}

/// The answer where there is nothing.
pub(crate) async fn not_found() -> Problem {
    Refusal::NotFound.into()
}

/// The word a method has in metrics: the ones the API offers, and one for all others, so that a
/// caller cannot make labels.
const fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
