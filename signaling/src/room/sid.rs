//! Server-made names: `PA_…`, `TR_…`, `RM_…`. Clients test the prefixes.

use std::sync::Arc;

use domain::{Entropy, EntropyError};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters after the prefix: 71 bits, so a name never comes twice.
const LENGTH: usize = 12;
/// Bytes from here on would favour the first letters of the alphabet and are thrown away.
const FAIR: u8 = 248;

/// Makes names from the given randomness.
pub(crate) struct Sids(Arc<dyn Entropy>);

impl Sids {
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self(entropy)
    }

    /// A participant's session.
    pub(crate) fn participant(&self) -> Result<Arc<str>, EntropyError> {
        self.make("PA_")
    }

    /// A track.
    pub(crate) fn track(&self) -> Result<Arc<str>, EntropyError> {
        self.make("TR_")
    }

    /// One life of a room, for clients.
    pub(crate) fn room(&self) -> Result<Arc<str>, EntropyError> {
        self.make("RM_")
    }

    /// One life of a room, for core-api.
    pub(crate) fn epoch(&self) -> Result<u64, EntropyError> {
        let mut bytes = [0_u8; 8];
        self.0.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn make(&self, prefix: &str) -> Result<Arc<str>, EntropyError> {
        let mut name = String::with_capacity(prefix.len() + LENGTH);
        name.push_str(prefix);
        // Each round keeps 248 of 256 byte values, so a second round is rare and a broken source
        // that only yields others ends in an error, not in a loop.
        for _ in 0..16 {
            let mut bytes = [0_u8; LENGTH + 4];
            self.0.fill(&mut bytes)?;
            let missing = prefix.len() + LENGTH - name.len();
            let letters = bytes.iter().filter(|byte| **byte < FAIR).take(missing);
            name.extend(letters.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
            if name.len() == prefix.len() + LENGTH {
                return Ok(name.into());
            }
        }
        Err(EntropyError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Only(u8);
    impl Entropy for Only {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn names_have_prefix_and_length() {
        let sids = Sids::new(Arc::new(Only(61)));
        assert_eq!(sids.participant().as_deref(), Ok("PA_zzzzzzzzzzzz"));
        assert_eq!(sids.track().as_deref(), Ok("TR_zzzzzzzzzzzz"));
    }

    #[test]
    fn a_source_that_yields_nothing_fair_is_an_error() {
        assert_eq!(Sids::new(Arc::new(Only(255))).room(), Err(EntropyError));
    }
}
