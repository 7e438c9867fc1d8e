//! What a worker's local ICE user names begin with, so that the first STUN message of a TCP
//! connection tells whose it is: the worker's index, two `ice-char`s (RFC 8839, section 5.4).

/// `ice-char`s by value.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Workers that can be told apart.
pub(crate) const MAX_WORKERS: usize = DIGITS.len() * DIGITS.len();

/// The prefix of a worker below [`MAX_WORKERS`].
pub(crate) fn of_worker(index: usize) -> String {
    let digit = |value: usize| char::from(DIGITS[value % DIGITS.len()]);
    [digit(index / DIGITS.len()), digit(index)].iter().collect()
}

/// The worker whose prefix `ufrag` begins with.
pub(crate) fn worker(ufrag: &str) -> Option<usize> {
    let value = |byte: u8| DIGITS.iter().position(|digit| *digit == byte);
    let (prefix, _) = ufrag.as_bytes().split_at_checked(2)?;
    Some(value(prefix[0])? * DIGITS.len() + value(prefix[1])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worker_is_known_by_its_prefix() {
        for index in 0..MAX_WORKERS {
            assert_eq!(worker(&(of_worker(index) + "x7Gh")), Some(index));
        }
        assert_eq!(
            (worker("A"), worker("A-xx"), worker("ÄÖ")),
            (None, None, None)
        );
    }
}
