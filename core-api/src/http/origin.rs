//! The address this server is reached at, and whether a request came from a page of ours.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::app::App;
use crate::http::problem::Problem;
use crate::refusal::Refusal;

/// Where a media client connects: the configured public address, else the one the request was
/// sent to, as `ws(s)://host`.
pub(crate) struct MediaUrl(pub(crate) String);

impl FromRequestParts<Arc<App>> for MediaUrl {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let origin = match &app.config.public_url {
            Some(url) => Some(url.trim_end_matches('/').to_owned()),
            None => own_origin(&parts.headers),
        };
        let url = origin.and_then(|origin| {
            let secure = origin
                .strip_prefix("https://")
                .map(|host| format!("wss://{host}"));
            secure.or_else(|| Some(format!("ws://{}", origin.strip_prefix("http://")?)))
        });
        url.map(Self)
            .ok_or_else(|| Refusal::Invalid("The Host header names no host.".into()).into())
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// From a page of ours, or typed by the user.
    Own,
    /// From another page.
    Other,
    /// Not from a browser, or from one too old to say.
    Unknown,
}

/// Where the request came from. Browsers set `Sec-Fetch-Site` and `Origin`; pages cannot.
pub(crate) fn site(headers: &HeaderMap, public_url: Option<&str>) -> Site {
    if let Some(value) = text(headers, "sec-fetch-site") {
        return match value {
            "same-origin" | "none" => Site::Own,
            _ => Site::Other,
        };
    }
    let Some(origin) = text(headers, "origin") else {
        return Site::Unknown;
    };
    let ours = own_origin(headers).is_some_and(|own| authority(&own) == authority(origin))
        || public_url.is_some_and(|url| url.trim_end_matches('/') == origin);
    if ours { Site::Own } else { Site::Other }
}

/// Scheme and authority the client used. Plain HTTP unless the request itself says otherwise: a
/// browser on HTTPS names its origin, and a proxy in front sets `X-Forwarded-Proto`.
pub(super) fn own_origin(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let valid = (1..=255).contains(&host.len())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    let secure = text(headers, "origin").is_some_and(|origin| origin.starts_with("https://"))
        || text(headers, "x-forwarded-proto") == Some("https");
    let scheme = if secure { "https" } else { "http" };
    valid.then(|| format!("{scheme}://{host}"))
}

fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_browser_says_where_a_request_came_from() {
        let host = ("host", "visits.example:8080");
        for (pairs, expected) in [
            (vec![host, ("sec-fetch-site", "same-origin")], Site::Own),
            (vec![host, ("sec-fetch-site", "none")], Site::Own),
            (vec![host, ("sec-fetch-site", "same-site")], Site::Other),
            (vec![host, ("sec-fetch-site", "cross-site")], Site::Other),
            (
                vec![host, ("origin", "http://visits.example:8080")],
                Site::Own,
            ),
            (vec![host, ("origin", "http://visits.example")], Site::Other),
            (vec![host, ("origin", "null")], Site::Other),
            (vec![host], Site::Unknown),
        ] {
            assert_eq!(site(&headers(&pairs), None), expected, "{pairs:?}");
        }
    }

    #[test]
    fn the_public_address_is_ours_behind_a_proxy_that_changes_the_host() {
        let headers = headers(&[("host", "10.0.0.2"), ("origin", "https://visits.example")]);
        assert_eq!(site(&headers, Some("https://visits.example/")), Site::Own);
        assert_eq!(site(&headers, None), Site::Other);
    }

    #[test]
    fn the_scheme_follows_the_page_or_the_proxy() {
        let origin = |pairs: &[(&'static str, &'static str)]| own_origin(&headers(pairs));
        let host = ("host", "[::1]:8080");
        assert_eq!(origin(&[host]).as_deref(), Some("http://[::1]:8080"));
        let proxy = [host, ("x-forwarded-proto", "https")];
        assert_eq!(origin(&proxy).as_deref(), Some("https://[::1]:8080"));
        let page = [host, ("origin", "https://[::1]:8080")];
        assert_eq!(origin(&page).as_deref(), Some("https://[::1]:8080"));
        assert_eq!(origin(&[("host", "a/b")]), None);
    }
}
