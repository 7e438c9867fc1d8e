//! The web client, served from the program itself: the patient build at `/`, the staff build at
//! `/staff/`. Every page carries a Content Security Policy without inline script.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Entropy;
use rust_embed::RustEmbed;
use tower_http::compression::CompressionLayer;

/// Both builds. A debug program reads the files from the source tree at run time; a release
/// program carries them.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../web-client/dist"]
#[allow_missing = true]
struct Dist;

/// One of the two builds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Build {
    Patient,
    Staff,
}

impl Build {
    /// Which build serves `path`, and the path inside it.
    fn of(path: &str) -> (Self, &str) {
        let path = path.trim_start_matches('/');
        match path.strip_prefix("staff") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                (Self::Staff, rest.trim_start_matches('/'))
            }
            _ => (Self::Patient, path),
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Staff => "staff",
        }
    }

    /// The page's policy (CSP Level 3). `'self'` covers the WebSockets of the same origin. Staff
    /// pages use a component library that writes style elements, hence the nonce for styles.
    fn policy(self, nonce: &str) -> String {
        let style = match self {
            Self::Patient => "'self'".to_owned(),
            Self::Staff => format!("'self' 'nonce-{nonce}'"),
        };
        format!(
            "default-src 'none'; script-src 'self'; style-src {style}; font-src 'self'; \
             img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; \
             worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        )
    }
}

/// Serves the web client; meant as the fallback of the program's router.
pub(crate) fn router(entropy: Arc<dyn Entropy>) -> Router {
    Router::new()
        .fallback(serve)
        .layer(CompressionLayer::new())
        .with_state(entropy)
}

async fn serve(State(entropy): State<Arc<dyn Entropy>>, method: Method, uri: Uri) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let (build, path) = Build::of(uri.path());
    if let Some(file) = (!path.is_empty() && path != "index.html")
        .then(|| Dist::get(&format!("{}/{path}", build.folder())))
        .flatten()
    {
        return asset(path, file.data);
    }
    // A path with an extension names a file that is not there; any other path is a page of the
    // client's own router.
    if path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'))
    {
        return StatusCode::NOT_FOUND.into_response();
    }
    page(build, &*entropy)
}

fn asset(path: &str, data: Cow<'static, [u8]>) -> Response {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    // Vite puts a hash of the content into the names below `assets/`.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    (
        [
            (header::CONTENT_TYPE, mime.as_ref()),
            (header::CACHE_CONTROL, cache),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        data,
    )
        .into_response()
}

fn page(build: Build, entropy: &dyn Entropy) -> Response {
    let Some(index) = Dist::get(&format!("{}/index.html", build.folder())) else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "The web client has not been built; run: make build\n",
        )
            .into_response();
    };
    let mut random = [0_u8; 16];
    if entropy.fill(&mut random).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let nonce = STANDARD.encode(random);
    let html = String::from_utf8_lossy(&index.data).replace(
        "name=\"csp-nonce\" content=\"\"",
        &format!("name=\"csp-nonce\" content=\"{nonce}\""),
    );
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            // For browsers and scanners that do not know `frame-ancestors`.
            (header::X_FRAME_OPTIONS, "DENY"),
        ],
        html,
    )
        .into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&build.policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static(
            "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), \
             screen-wake-lock=(self), geolocation=(), payment=()",
        ),
    );
    headers.insert(
        "cross-origin-opener-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_paths_go_to_the_staff_build_and_only_they() {
        assert_eq!(Build::of("/staff"), (Build::Staff, ""));
        assert_eq!(
            Build::of("/staff/assets/a.js"),
            (Build::Staff, "assets/a.js")
        );
        assert_eq!(Build::of("/staffing"), (Build::Patient, "staffing"));
        assert_eq!(Build::of("/"), (Build::Patient, ""));
    }

    #[test]
    fn no_policy_allows_inline_script_or_another_host() {
        for build in [Build::Patient, Build::Staff] {
            let policy = build.policy("bm9uY2U=");
            assert!(
                !policy.contains("unsafe-inline") && !policy.contains("http"),
                "{policy}"
            );
            assert!(policy.contains("script-src 'self';"), "{policy}");
        }
    }
}
