//! Whose pages may open a socket (RFC 6455, section 10.2).

use axum::http::{HeaderMap, header};

/// Whether the request comes from our own pages, or from no page at all: programs send no
/// `Origin`, and a browser cannot leave it out. Our own is `public_url`, or whatever host the
/// request was sent to.
pub(super) fn is_ours(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if public_url.is_some_and(|url| url.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
        return true;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let page = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    matches!((page, host), (Some(page), Some(host)) if page.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ours(origin: Option<&'static str>, public_url: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::HOST,
            HeaderValue::from_static("clinic.example:8080"),
        );
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        is_ours(&headers, public_url)
    }

    #[test]
    fn our_pages_and_programs_pass_others_do_not() {
        assert!(ours(None, None));
        assert!(ours(Some("http://clinic.example:8080"), None));
        assert!(ours(Some("https://Clinic.example:8080"), None));
        for foreign in [
            "http://clinic.example",
            "http://clinic.example:8080.evil.example",
            "http://evil.example",
            "null",
            "",
        ] {
            assert!(!ours(Some(foreign), None), "{foreign}");
        }
        let public = Some("https://visits.example/");
        assert!(ours(Some("https://visits.example"), public));
        assert!(!ours(Some("http://visits.example"), public));
    }
}
