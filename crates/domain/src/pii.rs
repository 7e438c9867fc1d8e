//! Personal data that must not reach a log.

use std::fmt;

/// A value about a person: a name, an e-mail address, an IP address, a message.
///
/// `Debug` and `Display` print `‹pii›` in every build, so a log line or an error text that
/// includes it by accident discloses nothing. Reading the value takes a visible [`Pii::reveal`].
#[derive(Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Marks `value` as personal.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for storage, sealing or an authorised answer.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// The value itself, taken out.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Pii<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹pii›")
    }
}

impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹pii›")
    }
}

#[cfg(test)]
mod tests {
    use super::Pii;

    #[test]
    fn neither_format_discloses() {
        let name = Pii::new("Mary Example");
        assert_eq!(format!("{name} {name:?}"), "‹pii› ‹pii›");
        assert_eq!(*name.reveal(), "Mary Example");
    }
}
