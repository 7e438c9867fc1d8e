//! Nonces that need no memory: what was given out is recognised by its signature.

use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use super::Client;

/// How long a nonce is good. A client that comes later is told a fresh one (438) and goes on.
const LIFETIME: Duration = Duration::from_secs(3_600);

/// Bytes of the signature that go into a nonce.
const SIGNATURE: usize = 16;

/// Makes and recognises nonces.
pub(super) struct Nonces {
    key: hmac::Key,
    started: Instant,
}

impl Nonces {
    /// `secret` must differ between programs; `started` is no later than any `now`.
    pub(super) fn new(secret: &[u8; 32], started: Instant) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            started,
        }
    }

    /// A nonce for `client`, good for [`LIFETIME`] from `now`.
    pub(super) fn make(&self, client: Client, now: Instant) -> String {
        self.write(client, self.second(now))
    }

    /// Whether `nonce` was made for `client` and is still good.
    pub(super) fn is_good(&self, nonce: &str, client: Client, now: Instant) -> bool {
        let made = nonce
            .get(..8)
            .and_then(|text| u32::from_str_radix(text, 16).ok());
        let Some(made) = made else {
            return false;
        };
        let expected = self.write(client, made);
        let age = self.second(now).checked_sub(made);
        verify_slices_are_equal(expected.as_bytes(), nonce.as_bytes()).is_ok()
            && age.is_some_and(|age| u64::from(age) < LIFETIME.as_secs())
    }

    fn second(&self, now: Instant) -> u32 {
        let elapsed = now.saturating_duration_since(self.started).as_secs();
        u32::try_from(elapsed).unwrap_or(u32::MAX)
    }

    fn write(&self, client: Client, second: u32) -> String {
        let signed = format!("{second:08x} {:?} {}", client.carrier, client.remote);
        let signature = hmac::sign(&self.key, signed.as_bytes());
        let mut nonce = format!("{second:08x}");
        for byte in signature.as_ref().iter().take(SIGNATURE) {
            nonce.push_str(&format!("{byte:02x}"));
        }
        nonce
    }
}
