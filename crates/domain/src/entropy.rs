//! Randomness as an argument, and identifiers made from it.

use std::sync::Arc;

use crate::Clock;

/// The source of randomness failed; nothing secret may be made without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct EntropyError;

/// Where random bytes come from: the operating system in a server, a seed in a test.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` entirely with cryptographically strong random bytes.
    ///
    /// # Errors
    /// [`EntropyError`] if the source fails; `bytes` is then unspecified and must not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// Makes identifiers: UUIDv7 (RFC 9562, section 5.7), ordered by creation time to the millisecond.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Ids {
    /// Identifiers stamped with `clock` and made unique by `entropy`.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// A fresh identifier of any kind.
    ///
    /// # Errors
    /// [`EntropyError`] if the source of randomness fails.
    pub fn make<T: From<uuid::Uuid>>(&self) -> Result<T, EntropyError> {
        let mut random = [0_u8; 10];
        self.entropy.fill(&mut random)?;
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .into())
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VisitId;

    struct Fixed(i64);
    impl Clock for Fixed {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::from_millisecond(self.0).expect("in range")
        }
    }
    struct Bytes(u8);
    impl Entropy for Bytes {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes.fill(self.0);
            Ok(())
        }
    }
    struct Broken;
    impl Entropy for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }

    #[test]
    fn ids_sort_by_time_and_are_version_7() {
        let early: VisitId = Ids::new(Arc::new(Fixed(1_000)), Arc::new(Bytes(0xff)))
            .make()
            .expect("entropy");
        let late: VisitId = Ids::new(Arc::new(Fixed(1_001)), Arc::new(Bytes(0)))
            .make()
            .expect("entropy");
        assert!(early < late);
        assert_eq!(early.as_uuid().get_version_num(), 7);
    }

    #[test]
    fn no_id_without_randomness() {
        let ids = Ids::new(Arc::new(Fixed(0)), Arc::new(Broken));
        assert_eq!(ids.make::<VisitId>(), Err(EntropyError));
    }
}
