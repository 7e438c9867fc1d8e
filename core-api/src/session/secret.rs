//! The secrets that cookies and refresh tokens carry; only their hashes are stored.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Entropy, EntropyError};
use zeroize::Zeroizing;

/// 256 random bits. Never printed, wiped on drop.
pub(crate) struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// A fresh one.
    ///
    /// # Errors
    /// [`EntropyError`] without randomness.
    pub(crate) fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The secret of a cookie's text, if it has the form of one.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Self::from_bytes(&bytes)
    }

    /// The secret of these bytes, if there are as many as a secret has.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// As it is carried: 43 characters of base64url.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_slice())
    }

    /// The hash as a key of tables in memory.
    pub(crate) fn short(&self) -> [u8; 32] {
        let mut key = [0_u8; 32];
        key.copy_from_slice(&self.hash());
        key
    }

    /// SHA-256, as the row keeps it. A fast hash will do: the secret is not guessable.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.0.as_slice())
            .as_ref()
            .to_vec()
    }
}
