//! What the path carried when it was last full.

use super::BUCKET;

/// Rates this far around the remembered one count as near it.
const NEAR: f64 = 0.15;
/// What a bucketful adds to a rate that is measured over half a second, in bits per second.
const BURST: f64 = BUCKET * 8.0 * 2.0;
/// Share of a new finding in the memory, when the two agree.
const WEIGHT: f64 = 0.3;

/// The memory that makes the estimate careful near a limit it knows, and fast elsewhere
/// (draft-ietf-rmcat-gcc-02, section 5.5, "near convergence").
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Capacity(Option<f64>);

impl Capacity {
    /// The path was full at this rate.
    pub(super) fn found(&mut self, rate: f64) {
        self.0 = match self.0 {
            Some(known) if (rate - known).abs() <= NEAR * known => {
                Some(known + WEIGHT * (rate - known))
            }
            _ => Some(rate),
        };
    }

    /// This much arrives in half a second: more than the memory and a bucket allow refutes it.
    pub(super) fn carried(&mut self, rate: f64) {
        self.0 = self.0.filter(|known| rate <= known * (1.0 + NEAR) + BURST);
    }

    /// What is remembered.
    pub(super) fn known(self) -> Option<f64> {
        self.0
    }

    /// What is remembered, if `rate` is so much more that it would refute it.
    pub(super) fn doubts(self, rate: f64) -> Option<f64> {
        self.0.filter(|known| rate > known * (1.0 + NEAR))
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// The memory, when the rate is no more than a bit above it.
    pub(super) fn near(self, rate: f64) -> Option<f64> {
        self.0.filter(|known| rate <= known * (1.0 + NEAR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_that_agree_blend_and_others_replace() {
        let mut capacity = Capacity::default();
        capacity.found(300_000.0);
        capacity.found(310_000.0);
        assert_eq!(capacity.0, Some(303_000.0));
        capacity.found(100_000.0);
        assert_eq!(capacity.0, Some(100_000.0));
        assert_eq!(capacity.near(110_000.0), Some(100_000.0));
        assert_eq!(capacity.near(120_000.0), None);
        assert_eq!(capacity.doubts(110_000.0), None);
        assert_eq!(capacity.doubts(120_000.0), Some(100_000.0));
        capacity.carried(110_000.0 + BURST);
        assert!(capacity.0.is_some());
        capacity.carried(120_000.0 + BURST);
        assert!(capacity.0.is_none());
    }
}
