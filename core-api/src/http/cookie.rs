//! The session cookie `__Host-bedside`: opaque, and out of reach of scripts and other sites.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::session::secret::Secret;

/// `__Host-`: the browser takes it only with Secure, Path=/ and no Domain.
const NAME: &str = "__Host-bedside";

/// The header that hands out `secret`.
pub(crate) fn set(secret: &Secret) -> (HeaderName, HeaderValue) {
    let text = format!(
        "{NAME}={}; Path=/; HttpOnly; Secure; SameSite=Strict",
        secret.text()
    );
    // Base64url and fixed ASCII are always a valid header value.
    let mut value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    (header::SET_COOKIE, value)
}

/// The header that makes the browser forget the cookie.
pub(crate) fn clear() -> (HeaderName, HeaderValue) {
    let value = HeaderValue::from_static(
        "__Host-bedside=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0",
    );
    (header::SET_COOKIE, value)
}

/// The cookie's value, if the request carries exactly one.
pub(crate) fn read(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        let values = cookies
            .iter()
            .map(|cookie| (header::COOKIE, HeaderValue::from_static(cookie)));
        values.collect()
    }

    #[test]
    fn the_one_cookie_of_ours_is_found_among_others() {
        assert_eq!(
            read(&headers(&["a=b; __Host-bedside=abc; c=d"])),
            Some("abc")
        );
        assert_eq!(read(&headers(&["a=b", "__Host-bedside=abc"])), Some("abc"));
        assert_eq!(read(&headers(&["bedside=abc"])), None);
        assert_eq!(read(&headers(&[])), None);
    }

    #[test]
    fn two_of_ours_are_an_attack_and_count_as_none() {
        assert_eq!(
            read(&headers(&["__Host-bedside=a; __Host-bedside=b"])),
            None
        );
    }
}
