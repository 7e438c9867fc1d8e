//! The cookies `__Host-bedside` (the session) and `__Host-bedside-device` (the browser): opaque,
//! and out of reach of scripts and other sites.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;

use crate::session::open::Opened;
use crate::session::secret::Secret;

/// `__Host-`: the browser takes it only with Secure, Path=/ and no Domain.
const SESSION: &str = "__Host-bedside";
/// Remembers the browser beyond its sessions; it opens nothing.
const DEVICE: &str = "__Host-bedside-device";
/// The longest a browser keeps a cookie: 400 days.
const LONGEST: &str = "; Max-Age=34560000";

/// The headers that hand out what a browser gets when a session was opened.
pub(crate) fn of_session(opened: &Opened) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
    let session = opened
        .secret
        .as_ref()
        .map(|secret| set(SESSION, secret, ""));
    let device = opened
        .device
        .as_ref()
        .map(|secret| set(DEVICE, secret, LONGEST));
    AppendHeaders(session.into_iter().chain(device).collect())
}

fn set(name: &str, secret: &Secret, more: &str) -> (HeaderName, HeaderValue) {
    let text = format!(
        "{name}={}; Path=/; HttpOnly; Secure; SameSite=Strict{more}",
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

/// The session cookie's value, if the request carries exactly one.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    read(headers, SESSION)
}

/// The device cookie's value, if the request carries exactly one.
pub(crate) fn device(headers: &HeaderMap) -> Option<&str> {
    read(headers, DEVICE)
}

fn read<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted)
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
            session(&headers(&["a=b; __Host-bedside=abc; c=d"])),
            Some("abc")
        );
        assert_eq!(
            session(&headers(&["a=b", "__Host-bedside=abc"])),
            Some("abc")
        );
        assert_eq!(session(&headers(&["bedside=abc"])), None);
        let device = headers(&["__Host-bedside-device=xyz; __Host-bedside=abc"]);
        assert_eq!(super::device(&device), Some("xyz"));
        assert_eq!(session(&device), Some("abc"));
        assert_eq!(session(&headers(&[])), None);
    }

    #[test]
    fn two_of_ours_are_an_attack_and_count_as_none() {
        assert_eq!(
            session(&headers(&["__Host-bedside=a; __Host-bedside=b"])),
            None
        );
    }
}
