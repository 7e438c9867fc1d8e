//! Blind indexes: what lets the database find an exact value that it cannot read.

use std::sync::Arc;

use aws_lc_rs::hmac;
use unicode_normalization::UnicodeNormalization as _;

use super::cipher::Secret;

/// Bytes of a token: 128 bits, so that two values practically never share one.
const TOKEN: usize = 16;

/// Makes the tokens of one organisation. Whoever has the tokens and not the key learns which rows
/// hold equal values, and nothing else.
#[derive(Clone)]
pub struct BlindIndex(Arc<hmac::Key>);

impl BlindIndex {
    pub(super) fn new(secret: &Secret) -> Self {
        Self(Arc::new(hmac::Key::new(
            hmac::HMAC_SHA256,
            secret.as_slice(),
        )))
    }

    /// The token of `parts` in `column`, whatever their case and Unicode form.
    pub fn token(&self, column: &str, parts: &[&str]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"bedside blind index v1\0");
        for text in std::iter::once(column.to_owned()).chain(parts.iter().map(|part| fold(part))) {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        }
        context.sign().as_ref()[..TOKEN].to_vec()
    }
}

/// NFKC, without case, with single spaces.
fn fold(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl std::fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlindIndex(‹secret›)")
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn index(key: u8) -> BlindIndex {
        BlindIndex::new(&Zeroizing::new([key; 32]))
    }

    #[test]
    fn equal_values_have_equal_tokens_whatever_their_form() {
        let one = index(1).token("c", &["Zoë  Müller", "1984-03-09"]);
        assert_eq!(one.len(), TOKEN);
        for same in ["zoe\u{308} MU\u{308}LLER", " ＺＯË Müller "] {
            assert_eq!(index(1).token("c", &[same, "1984-03-09"]), one, "{same}");
        }
        for other in [
            index(2).token("c", &["Zoë Müller", "1984-03-09"]),
            index(1).token("d", &["Zoë Müller", "1984-03-09"]),
            index(1).token("c", &["Zoe Müller", "1984-03-09"]),
            index(1).token("c", &["Zoë Müller1984-03-09"]),
        ] {
            assert_ne!(other, one);
        }
    }
}
