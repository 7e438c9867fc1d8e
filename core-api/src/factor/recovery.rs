//! Recovery codes: for the day the phone or the key is gone.

use aws_lc_rs::digest;
use domain::{Entropy, EntropyError};
use zeroize::Zeroizing;

/// Codes an account has.
pub(crate) const COUNT: usize = 10;
/// Letters of a code; with five bits each, 120 bits, so that a plain hash keeps them
/// (NIST SP 800-63B, section 3.1.2.2: at least 112).
const LETTERS: usize = 24;
/// Letters and digits that nobody mixes up.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// Fresh codes, as people get them: six groups of four.
///
/// # Errors
/// [`EntropyError`] without randomness.
pub(crate) fn generate(entropy: &dyn Entropy) -> Result<Vec<Zeroizing<String>>, EntropyError> {
    (0..COUNT).map(|_| one(entropy)).collect()
}

fn one(entropy: &dyn Entropy) -> Result<Zeroizing<String>, EntropyError> {
    let mut bytes = Zeroizing::new([0_u8; LETTERS]);
    entropy.fill(bytes.as_mut_slice())?;
    let mut code = Zeroizing::new(String::with_capacity(LETTERS + LETTERS / 4));
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(code)
}

/// What is stored of a code, however its groups were typed; none when it cannot be one.
pub(crate) fn hash(code: &str) -> Option<Vec<u8>> {
    let letters: Zeroizing<String> = Zeroizing::new(
        code.chars()
            .filter(|letter| letter.is_ascii_alphanumeric())
            .map(|letter| letter.to_ascii_lowercase())
            .take(LETTERS + 1)
            .collect(),
    );
    let fits = letters.len() == LETTERS;
    fits.then(|| {
        digest::digest(&digest::SHA256, letters.as_bytes())
            .as_ref()
            .to_vec()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_may_be_typed_in_any_grouping() {
        let codes = generate(&auth::SystemEntropy).unwrap();
        assert_eq!(codes.len(), COUNT);
        let mut hashes: Vec<_> = codes.iter().map(|code| hash(code).unwrap()).collect();
        let typed = codes[0].replace('-', " ").to_uppercase();
        assert_eq!(hash(&typed).unwrap(), hashes[0]);
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), COUNT);
    }

    #[test]
    fn what_is_too_short_or_too_long_is_no_code() {
        for text in [
            "",
            "123456",
            &"a".repeat(23),
            &"a".repeat(25),
            &"a".repeat(9_999),
        ] {
            assert_eq!(hash(text), None);
        }
    }
}
