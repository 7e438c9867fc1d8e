//! The site that passkeys are bound to.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use auth::webauthn::RelyingParty;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;
use crate::http::origin::own_origin;
use crate::passkey::ceremony::Site;

impl FromRequestParts<Arc<App>> for Site {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let site = match &app.config.public_url {
            Some(url) => of(url.trim_end_matches('/')),
            // Whoever stands between a browser and us chooses the host a request names; only a
            // name that leads nowhere else may be taken from there.
            None => own_origin(&parts.headers)
                .as_deref()
                .and_then(of)
                .filter(|site| site.id == "localhost"),
        };
        Ok(Self(site))
    }
}

/// The site of an origin. An address has no domain that a key could be bound to.
fn of(origin: &str) -> Option<RelyingParty> {
    let (_, authority) = origin.split_once("://")?;
    if authority.starts_with('[') {
        return None;
    }
    let (id, _) = authority.split_once(':').unwrap_or((authority, ""));
    let id = id.to_ascii_lowercase();
    let is_domain = !id.is_empty() && id.parse::<IpAddr>().is_err();
    is_domain.then(|| RelyingParty {
        id,
        origin: origin.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_site_and_an_address_is_none() {
        let id = |origin| of(origin).map(|site| site.id);
        assert_eq!(
            id("https://Visits.example").as_deref(),
            Some("visits.example")
        );
        assert_eq!(id("http://localhost:8080").as_deref(), Some("localhost"));
        let site = of("https://Visits.example:8443").map(|site| site.origin);
        assert_eq!(site.as_deref(), Some("https://visits.example:8443"));
        for address in [
            "http://127.0.0.1:8080",
            "https://[::1]:8443",
            "https://",
            "x",
        ] {
            assert_eq!(id(address), None, "{address}");
        }
    }
}
