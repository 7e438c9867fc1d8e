//! HTTP on a connection that was recognised.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

/// A request's head takes no longer; so long may a connection wait for its next request, too.
const HEAD: Duration = Duration::from_secs(60);
/// The same for a request that is only sent elsewhere.
const SHORT: Duration = Duration::from_secs(10);
/// How long requests under way may take once the stop has begun.
const DRAIN: Duration = Duration::from_secs(10);
/// Browsers shall not try plain HTTP for a year (RFC 6797).
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Serves `router` over TLS. `trusted`: browsers trust the certificate and may be told to insist
/// on it.
pub(super) async fn serve<S>(
    stream: S,
    router: Router,
    remote: SocketAddr,
    trusted: bool,
    shutdown: &Shutdown,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(remote));
            let secure = HeaderValue::from_static("https");
            request.headers_mut().insert("x-forwarded-proto", secure);
            let mut response = router.oneshot(request).await?;
            if trusted {
                let headers = response.headers_mut();
                headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = builder(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // How a connection ends is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = shutdown.begun() => connection.as_mut().graceful_shutdown(),
    }
    let _ = tokio::time::timeout(DRAIN, connection).await;
}

/// Sends plain HTTP to the same address over TLS.
pub(super) async fn redirect<S>(stream: S, shutdown: &Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let answer = elsewhere(&request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = builder(SHORT).serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = connection => {}
        () = shutdown.begun() => {}
    }
}

fn builder(patience: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .keep_alive(true);
    builder
}

/// 308 to the same place over HTTPS (RFC 9110, section 15.4.9); the method stays.
fn elsewhere<B>(request: &Request<B>) -> Response<Body> {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).filter(|host| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        !host.is_empty() && host.bytes().all(plain)
    });
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let location = host.and_then(|host| {
        let location = format!("https://{host}{path}");
        HeaderValue::from_str(&location).ok()
    });
    let mut response = Response::new(Body::empty());
    // One request is all that is answered without TLS.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    match location {
        Some(location) => {
            *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
            response.headers_mut().insert(header::LOCATION, location);
        }
        None => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(host: Option<&str>, path: &str) -> (u16, Option<String>) {
        let mut request = Request::builder().uri(path);
        if let Some(host) = host {
            request = request.header(header::HOST, host);
        }
        let response = elsewhere(&request.body(()).expect("a request"));
        let location = response.headers().get(header::LOCATION);
        let location = location.map(|value| value.to_str().expect("text").to_owned());
        (response.status().as_u16(), location)
    }

    #[test]
    fn plain_http_is_sent_to_the_same_place_over_tls() {
        assert_eq!(
            answer(Some("visits.example.org"), "/v/1?x=%20"),
            (308, Some("https://visits.example.org/v/1?x=%20".to_owned()))
        );
        assert_eq!(answer(None, "/"), (400, None));
        assert_eq!(answer(Some("a/../b@c"), "/"), (400, None));
    }
}
