//! Passwords: how they are compared, and how they are kept (Argon2id, RFC 9106).

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes. Sign-ins run side by side, so one hash takes one core.
    pub lanes: u32,
}

/// What every stored hash shall cost; measured in `docs/benchmarks/sign-in.md`.
pub const COST: Cost = Cost {
    memory_kib: 19 * 1024,
    passes: 2,
    lanes: 1,
};

/// A password could not be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashError;

/// What comparing a password with a stored hash tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password, or the stored text is no hash.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, kept at another cost than [`COST`]: hash it again.
    Outdated,
}

/// The form in which passwords are counted, compared and hashed: NFKC (NIST SP 800-63B, section
/// 3.1.1.2), so that the same keys pressed on another keyboard or system give the same password.
pub fn normalise(password: &str) -> Zeroizing<String> {
    // Room for all of it at once: growing would leave pieces behind in freed memory.
    let length = password.nfkc().map(char::len_utf8).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.extend(password.nfkc());
    text
}

/// The hash of a normalised password at `cost`, as a PHC string.
///
/// # Errors
/// [`HashError`] when `cost` is outside what Argon2 allows.
pub fn hash(password: &str, salt: &[u8; 16], cost: Cost) -> Result<String, HashError> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None);
    let params = params.map_err(|_| HashError)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|_| HashError)
}

/// Whether the normalised `password` is the one of `stored`.
pub fn verify(password: &str, stored: &str) -> Verdict {
    let matches = PasswordHash::new(stored).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    });
    match matches {
        false => Verdict::Wrong,
        true if stored.starts_with(&prefix(COST)) => Verdict::Right,
        true => Verdict::Outdated,
    }
}

/// How a PHC string at `cost` begins.
fn prefix(cost: Cost) -> String {
    let Cost {
        memory_kib,
        passes,
        lanes,
    } = cost;
    format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_is_right() {
        let stored = hash("correct horse", &[7; 16], COST).expect("hashed");
        assert!(stored.starts_with(&prefix(COST)), "{stored}");
        assert_eq!(verify("correct horse", &stored), Verdict::Right);
        assert_eq!(verify("correct house", &stored), Verdict::Wrong);
        assert_eq!(verify("correct horse", "no hash"), Verdict::Wrong);
    }

    #[test]
    fn a_hash_of_another_cost_is_right_and_outdated() {
        let cheap = Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        let stored = hash("correct horse", &[7; 16], cheap).expect("hashed");
        assert_eq!(verify("correct horse", &stored), Verdict::Outdated);
        assert_eq!(verify("correct house", &stored), Verdict::Wrong);
        let none = Cost {
            memory_kib: 0,
            ..cheap
        };
        assert_eq!(hash("x", &[7; 16], none), Err(HashError));
    }

    #[test]
    fn the_same_keys_give_the_same_password_whatever_the_system() {
        // Composed and decomposed; full-width; a ligature.
        for (one, other) in [
            ("p\u{e4}ss", "pa\u{308}ss"),
            ("\u{ff50}\u{ff57}7", "pw7"),
            ("o\u{fb03}ce", "office"),
        ] {
            assert_eq!(*normalise(one), *normalise(other));
        }
        assert_ne!(*normalise("PASS"), *normalise("pass"));
        assert_ne!(*normalise(" pass "), *normalise("pass"));
    }
}
