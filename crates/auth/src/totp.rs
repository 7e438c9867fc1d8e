//! One-time passwords by time (RFC 6238): HMAC-SHA1, six digits, steps of thirty seconds, which
//! is what every authenticator app understands.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use domain::{Entropy, EntropyError};
use jiff::Timestamp;
use zeroize::Zeroizing;

/// Seconds a code stands for.
const STEP: i64 = 30;
/// Steps before and after the present one that are accepted: clocks differ, people type slowly.
const DRIFT: i64 = 1;
/// Bytes of a seed: those of the hash (RFC 4226, section 4, R6).
const SEED: usize = 20;
/// The alphabet of RFC 4648, section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator app and the server share. Wiped on drop, never printed.
pub struct Seed(Zeroizing<[u8; SEED]>);

impl Seed {
    /// A fresh one.
    ///
    /// # Errors
    /// [`EntropyError`] without randomness.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0_u8; SEED]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The seed of these bytes, if there are as many as a seed has.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes, to be sealed.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// As people type it into an app: 32 characters of base32.
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(SEED * 8 / 5));
        for group in self.0.chunks_exact(5) {
            let bits = group
                .iter()
                .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in (0..8).rev() {
                let digit = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
                text.push(char::from(BASE32[digit]));
            }
        }
        text
    }

    /// As apps scan it: an `otpauth` URI. `account` and `issuer` are shown by the app.
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}",
            *self.text(),
            issuer = percent(issuer),
            account = percent(account),
        ))
    }

    /// The step that `code` is right for at `now` and that comes after `used`, the last step a
    /// code was taken for: each code counts once (RFC 6238, section 5.2).
    pub fn check(&self, code: &str, now: Timestamp, used: Option<i64>) -> Option<i64> {
        let digits: Zeroizing<String> = Zeroizing::new(
            code.chars()
                .filter(|letter| !letter.is_whitespace())
                .collect(),
        );
        let present = now.as_second().div_euclid(STEP);
        // All steps are compared, so that the time taken does not tell which one it was.
        let mut found = None;
        for step in present - DRIFT..=present + DRIFT {
            let right = self.code(step);
            let same = verify_slices_are_equal(right.as_bytes(), digits.as_bytes()).is_ok();
            if same && found.is_none() && used.is_none_or(|used| step > used) {
                found = Some(step);
            }
        }
        found
    }

    /// The six digits of a step (RFC 4226, section 5.3).
    fn code(&self, step: i64) -> Zeroizing<String> {
        Zeroizing::new(format!("{:06}", truncated(self.bytes(), step) % 1_000_000))
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(‹secret›)")
    }
}

/// Dynamic truncation of the step's HMAC to 31 bits.
fn truncated(seed: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0xf);
    tag[offset..offset + 4]
        .iter()
        .fold(0, |bits, byte| bits << 8 | u32::from(*byte))
        & 0x7fff_ffff
}

/// Everything but unreserved characters percent-encoded (RFC 3986, section 2.3).
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed::from_bytes(b"12345678901234567890").expect("twenty bytes")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn the_vectors_of_rfc_6238() {
        // Appendix B, SHA-1, eight digits.
        for (second, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(truncated(seed().bytes(), second / 30) % 100_000_000, code);
        }
    }

    #[test]
    fn the_vectors_of_rfc_4226() {
        for (step, code) in [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(*seed().code(step.try_into().expect("small")), code);
        }
    }

    #[test]
    fn a_code_counts_a_step_early_and_a_step_late_and_no_further() {
        let seed = seed();
        let code = seed.code(100);
        for (second, step) in [
            (2_969, None),
            (2_970, Some(100)),
            (3_000, Some(100)),
            (3_059, Some(100)),
            (3_060, None),
        ] {
            assert_eq!(seed.check(&code, at(second), None), step, "{second}");
        }
        assert_eq!(
            seed.check(&format!("{} {}", &code[..3], &code[3..]), at(3_000), None),
            Some(100)
        );
        for wrong in ["", "0", "00000", "0000000", "abcdef", "１２３４５６"] {
            assert_eq!(seed.check(wrong, at(3_000), None), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_counts_once() {
        let seed = seed();
        assert_eq!(seed.check(&seed.code(100), at(3_000), Some(99)), Some(100));
        assert_eq!(seed.check(&seed.code(100), at(3_000), Some(100)), None);
        assert_eq!(seed.check(&seed.code(99), at(3_000), Some(100)), None);
        assert_eq!(seed.check(&seed.code(101), at(3_000), Some(100)), Some(101));
    }

    #[test]
    fn apps_get_it_as_text_and_as_an_address() {
        assert_eq!(*seed().text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            *seed().uri("Harbour Street", "ada@mail.example"),
            "otpauth://totp/Harbour%20Street:ada%40mail.example\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Harbour%20Street"
        );
        assert_eq!(format!("{:?}", seed()), "Seed(‹secret›)");
    }
}
