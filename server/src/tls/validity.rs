//! When a certificate counts, and for whom.

use jiff::{SignedDuration, Timestamp};
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// A certificate that ends within this time needs somebody's attention, unless it was never
/// meant to last as long.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// When a certificate counts, for whom, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validity {
    from: Timestamp,
    until: Timestamp,
    names: Vec<String>,
    self_signed: bool,
}

impl Validity {
    /// Reads it out of the first certificate of a chain.
    pub(crate) fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(certificate).ok()?;
        let at = |seconds| Timestamp::from_second(seconds).ok();
        let alternatives = read.subject_alternative_name().ok().flatten();
        let names = alternatives.map(|names| names.value.general_names.iter());
        let names = names.into_iter().flatten().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        });
        Some(Self {
            from: at(read.validity().not_before.timestamp())?,
            until: at(read.validity().not_after.timestamp())?,
            names: names.collect(),
            self_signed: read.issuer() == read.subject(),
        })
    }

    /// The last second at which it counts.
    pub(crate) fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether it vouches for itself.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    /// The names it is for.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether browsers take it for `name`; `*.` stands for one label (RFC 6125, section 6.4.3).
    pub(crate) fn is_for(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let fits = |own: &String| match own.strip_prefix("*.") {
            Some(own) => parent == Some(own),
            None => *own == name,
        };
        self.names.iter().any(fits)
    }

    /// From when on a new one should be had: two thirds of its time have passed, so that days
    /// remain for whatever goes wrong.
    pub(crate) fn renewal(&self) -> Timestamp {
        let life = self.until.duration_since(self.from);
        self.from.checked_add(life / 3 * 2).unwrap_or(self.until)
    }

    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        now > self.until
    }

    /// Whether it should have been renewed: less than 30 days and less than a third remain.
    pub(crate) fn ends_soon(&self, now: Timestamp) -> bool {
        self.until.duration_since(now) < SOON && now > self.renewal()
    }

    /// Whole days until it ends.
    pub(crate) fn days_left(&self, now: Timestamp) -> i64 {
        self.until.duration_since(now).as_hours() / 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(names: &[&str], from: (i32, u8, u8), until: (i32, u8, u8)) -> Validity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).expect("names");
        params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("made");
        Validity::read(made.der()).expect("readable")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_third_before_the_end_it_is_renewed_and_warned_of() {
        let validity = made(&["a.example"], (2026, 1, 1), (2026, 4, 1));
        assert_eq!(validity.renewal(), at("2026-03-02T00:00:00Z"));
        assert!(!validity.ends_soon(at("2026-03-01T00:00:00Z")));
        assert!(validity.ends_soon(at("2026-03-03T00:00:00Z")));
        assert_eq!(validity.days_left(at("2026-03-03T00:00:00Z")), 29);
        assert!(!validity.has_ended(at("2026-03-31T00:00:00Z")));
        assert!(validity.has_ended(at("2026-04-01T00:00:01Z")));
        assert!(validity.is_self_signed());
    }

    #[test]
    fn a_year_is_warned_of_in_its_last_thirty_days_and_six_days_in_their_last_two() {
        let year = made(&["a.example"], (2026, 1, 1), (2027, 1, 1));
        assert!(!year.ends_soon(at("2026-11-30T00:00:00Z")));
        assert!(year.ends_soon(at("2026-12-03T00:00:00Z")));
        let days = made(&["a.example"], (2026, 1, 1), (2026, 1, 7));
        assert!(!days.ends_soon(at("2026-01-04T00:00:00Z")));
        assert!(days.ends_soon(at("2026-01-05T12:00:00Z")));
    }

    #[test]
    fn names_are_compared_as_browsers_do() {
        let validity = made(
            &["Visits.Example.org", "*.clinic.example"],
            (2026, 1, 1),
            (2027, 1, 1),
        );
        for (name, expected) in [
            ("visits.example.org", true),
            ("VISITS.example.org", true),
            ("turn.clinic.example", true),
            ("clinic.example", false),
            ("a.b.clinic.example", false),
            ("example.org", false),
        ] {
            assert_eq!(validity.is_for(name), expected, "{name}");
        }
    }
}
