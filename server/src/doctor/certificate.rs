//! Whether browsers will take the certificate that a port answers with, and for how long.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::Finding;
use crate::tls::validity::Validity;

/// Judges a chain for clients that connect to `name`; none when they connect to an address.
pub(super) fn judge(chain: &[CertificateDer<'_>], name: Option<&str>, now: Timestamp) -> Finding {
    let Some((first, rest)) = chain.split_first() else {
        return Finding::Fault("no certificate is shown".to_owned());
    };
    let Some(validity) = Validity::read(first) else {
        return Finding::Fault("the certificate cannot be read".to_owned());
    };
    let until = validity.until();
    if validity.has_ended(now) {
        return Finding::Fault(format!(
            "it ended at {until}, and browsers refuse it; put a new one in its files, or see in the log why the authority gave none"
        ));
    }
    if validity.is_self_signed() {
        return Finding::Warning(
            "it is self-signed, for trials: browsers warn of it and refuse TURN over TLS; name one with --tls-cert and --tls-key, or have one made with --acme-name".to_owned(),
        );
    }
    if let Some(name) = name
        && !validity.is_for(name)
    {
        let names = validity.names().join(", ");
        return Finding::Fault(format!(
            "it is for {names} and not for {name}, where clients are sent; get one for {name}, or tell clients another name with --turn-host and --public-url"
        ));
    }
    if validity.ends_soon(now) {
        let days = validity.days_left(now);
        return Finding::Warning(format!(
            "it ends in {days} days, at {until}; renew it now, or see in the log why the authority gave none"
        ));
    }
    match name.map(|name| trusted(first, rest, name, now)) {
        Some(Err(reason)) => Finding::Warning(format!(
            "this machine does not trust it ({reason}), and browsers that do not know its authority refuse it; is the chain complete in --tls-cert?"
        )),
        Some(Ok(())) | None => Finding::Fine(format!("good until {until}")),
    }
}

/// Whether those this machine trusts vouch for it.
fn trusted(
    certificate: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
    name: &str,
    now: Timestamp,
) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())?;
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let verified = verifier.verify_server_cert(certificate, rest, &name, &[], now);
    verified.map(|_| ()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "visits.example.org";

    /// A certificate of 2026 with its authority's behind it.
    fn chain() -> Vec<CertificateDer<'static>> {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "an authority");
        let authority = rcgen::CertifiedIssuer::self_signed(params, key).expect("made");
        let mut params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, &authority).expect("signed");
        vec![made.der().clone(), authority.der().clone()]
    }

    fn found(chain: &[CertificateDer<'_>], name: &str, at: &str) -> Finding {
        judge(chain, Some(name), at.parse().expect("a time"))
    }

    #[test]
    fn each_fault_has_its_sentence() {
        let chain = chain();
        let says = |finding: Finding, words: &str| match finding {
            Finding::Fault(text) | Finding::Warning(text) => {
                assert!(text.contains(words), "{text}");
            }
            Finding::Fine(text) => panic!("fine: {text}"),
        };
        says(
            found(&chain, NAME, "2027-02-01T00:00:00Z"),
            "it ended at 2027-01-01T00:00:00Z",
        );
        says(
            found(&chain, NAME, "2026-12-12T00:00:00Z"),
            "it ends in 20 days",
        );
        says(
            found(&chain, "turn.example.org", "2026-06-01T00:00:00Z"),
            "for visits.example.org and not for turn.example.org",
        );
        says(
            found(&chain, NAME, "2026-06-01T00:00:00Z"),
            "this machine does not trust it",
        );
        says(
            found(&chain[1..], NAME, "2026-06-01T00:00:00Z"),
            "self-signed",
        );
        says(found(&[], NAME, "2026-06-01T00:00:00Z"), "no certificate");
        // To an address, whom this machine trusts does not matter.
        let now = "2026-06-01T00:00:00Z".parse().expect("a time");
        assert!(matches!(judge(&chain, None, now), Finding::Fine(_)));
    }
}
